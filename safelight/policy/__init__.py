"""The practice, its settings, and its rules as plain functions."""
