"""Rules of letting photos out, decided from values alone."""
