"""Imaging: bytes in, bytes out, decoded only in the sandbox. No Django here."""
