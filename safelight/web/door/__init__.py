"""The door: pages reached by a link, before anyone has signed in."""
