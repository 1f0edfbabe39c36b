# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of calls."""

from __future__ import annotations

from typing import TypedDict


class RejectBody(TypedDict):
    """Who calls, as `call.offered` tells it."""

    caller: str
