"""A Django database backend for SQLite through SQLCipher: the whole file is ciphertext."""
