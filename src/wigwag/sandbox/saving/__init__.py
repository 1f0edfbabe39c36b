"""The sandbox on disk."""
