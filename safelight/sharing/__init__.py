"""Letting a photo out: to whom, why, what exactly, in a form that ends."""
