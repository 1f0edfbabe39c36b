"""Holds the data of every event that is told against what is documented of its type."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from wigwag.core.identity import Recording
from wigwag.http.models.eventdata import EVENTS
from wigwag.model.record import EventType


def mistakes_of(kind: EventType, data: dict[str, Any]) -> list[str]:
    """What is wrong with the data for its type, in each of its shapes; nothing if one fits."""
    wrong: list[str] = []
    for shape in EVENTS[kind].shapes:
        try:
            shape.model_validate(data)
        except ValidationError as error:
            wrong.append(f"{kind.value}: {error}")
        else:
            return []
    return wrong


@contextmanager
def documented_events() -> Generator[None]:
    """Raises AssertionError at the end for what was told otherwise than it is documented."""
    wrong: list[str] = []
    tell = Recording.tell

    def telling(rec: Recording, kind: EventType, data: dict[str, Any], chat: str = "") -> None:
        wrong.extend(mistakes_of(kind, data))
        tell(rec, kind, data, chat)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recording, "tell", telling)
        yield
    assert wrong == []
