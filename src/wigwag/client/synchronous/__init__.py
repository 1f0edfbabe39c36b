# Made by tools/generate_client.py; do not edit it.
"""The synchronous client."""
