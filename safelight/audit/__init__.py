"""The audit log: who did what, when. Rows are added, never changed."""
