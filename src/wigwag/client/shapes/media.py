# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of media."""

from __future__ import annotations

from typing import TypedDict


class Upload(TypedDict):
    """A file that was handed over. `media_id` is valid until `expires_at`."""

    media_id: str
    size_bytes: int
    sha256: str
    mime: str
    filename: str | None
    expires_at: str
