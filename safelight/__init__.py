"""Safelight: a self-hosted clinical-photo system for general practices."""
