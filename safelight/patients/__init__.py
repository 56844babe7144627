"""Patients and visits, matching and merging."""
