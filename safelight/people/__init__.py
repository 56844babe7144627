"""Staff, their duties, signing in, their phones."""
