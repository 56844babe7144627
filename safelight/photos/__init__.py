"""Receiving, filing and viewing photos, and where each copy is."""
