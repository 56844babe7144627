"""The tests of cleaning."""
