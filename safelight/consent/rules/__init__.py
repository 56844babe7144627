"""Consent's rules decide from values alone: no database, no clock, no settings."""
