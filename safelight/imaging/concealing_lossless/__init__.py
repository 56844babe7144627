"""Concealing for good: a copy in which the covered parts of a photo no longer exist."""
