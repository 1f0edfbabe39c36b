"""Every fuzz target by its name: `ROOM.TARGET`, where the room is the module that has it.

A process that fuzzes imports one room alone: what it imports is instrumented, and that takes time.
"""

from importlib import import_module
from typing import Final

from fuzz.target import Target

ROOMS: Final = (
    "nodes",
    "names",
    "pairings",
    "signals",
    "contents",
    "histories",
    "appstates",
    "medias",
    "answers",
    "stanzas",
    "archives",
    "streams",
    "clients",
)


def load_room(room: str) -> dict[str, Target]:
    """The targets of one module."""
    targets: tuple[Target, ...] = import_module(f"fuzz.{room}").TARGETS
    return {f"{room}.{target.name}": target for target in targets}


def load_target(name: str) -> Target:
    return load_room(name.partition(".")[0])[name]


def load_all() -> dict[str, Target]:
    return {name: target for room in ROOMS for name, target in load_room(room).items()}
