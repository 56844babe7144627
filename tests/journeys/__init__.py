"""Journeys: phone and desk together, in a real browser, against the real server."""
