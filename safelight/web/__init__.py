"""The doors: phone, desk, and links without sign-in."""
