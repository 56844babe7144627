"""The vault: sealed bytes and their keys. It knows no patients."""
