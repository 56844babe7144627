"""What was agreed, for which use, until when."""
