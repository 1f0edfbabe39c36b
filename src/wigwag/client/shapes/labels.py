# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of labels."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class LabelBody(TypedDict):
    """A new label."""

    name: str
    color: NotRequired[int]


class LabelChangeBody(TypedDict):
    """What is left out stays."""

    name: NotRequired[str | None]
    color: NotRequired[int | None]
