"""The phone: its API and the shell of its app."""
