"""The operations of the client as words of a command line.

    send_message default to=15550100002 type=text text=Hello

A word is the next argument that has no name yet, or `name=value`. Names that the operation itself
does not know are fields of the message that it takes. Text is taken as it is, a list as words with
commas between, a file as `@path`, and everything else is JSON.
"""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import (
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from wigwag.client.errors import ClientError
from wigwag.client.synchronous.client import Client

_NOT_OPERATIONS: Final = frozenset({"close"})
_PIECE: Final = 1 << 16
"""Bytes of a file that are in memory at one time."""
_WRAPPERS: Final = (Union, UnionType, Required, NotRequired)


class WrongWords(ClientError):
    """The words do not make a call; says which, and what would."""


@dataclass(frozen=True)
class Operation:
    """One of the client's. `named` are its parameters in their order, each with its type."""

    name: str
    summary: str
    named: Mapping[str, inspect.Parameter]

    @property
    def usage(self) -> str:
        """How it is called: `name account [chat=...]`."""
        words = [self.name]
        for name, parameter in self.named.items():
            text = name.rstrip("_")
            if parameter.kind is parameter.KEYWORD_ONLY:
                text += "=..."
            words.append(text if parameter.default is parameter.empty else f"[{text}]")
        return " ".join(words)


def operations() -> dict[str, Operation]:
    """All of them, by name."""
    found: dict[str, Operation] = {}
    for name, method in inspect.getmembers(Client, inspect.isfunction):
        if name.startswith("_") or name in _NOT_OPERATIONS:
            continue
        hints = get_type_hints(method)
        _, *parameters = inspect.signature(method).parameters.values()
        named = {one.name: one.replace(annotation=hints[one.name]) for one in parameters}
        found[name] = Operation(name, (method.__doc__ or "").partition("\n")[0], named)
    return found


def arguments(operation: Operation, words: Sequence[str]) -> dict[str, Any]:
    """What the client's method is called with. Raises WrongWords."""
    free = [one for one in operation.named.values() if one.kind is not one.KEYWORD_ONLY]
    shape = next((one for one in free if _fields_of(one.annotation)), None)
    given: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for word in words:
        name, is_named, text = word.partition("=")
        if is_named and name.rstrip("_") in {known.rstrip("_") for known in operation.named}:
            name = name if name in operation.named else f"{name}_"
            given[name] = _value(word, operation.named[name].annotation, text)
        elif is_named and shape is not None and name in _fields_of(shape.annotation):
            fields[name] = _value(word, _fields_of(shape.annotation)[name], text)
        else:
            parameter = next((one for one in free if one.name not in given), None)
            if parameter is None:
                raise WrongWords(f"{word!r} is one word too many: {operation.usage}")
            given[parameter.name] = _value(word, parameter.annotation, word)
            if _admits(parameter.annotation, bytes) and "filename" in operation.named:
                given.setdefault("filename", Path(word[1:]).name)
    if fields and shape is not None:
        whole = given.get(shape.name, {})
        if not isinstance(whole, dict):
            raise WrongWords(f"{shape.name} should be a JSON object: {operation.usage}")
        given[shape.name] = cast("dict[str, Any]", whole) | fields
    missing = [
        name
        for name, one in operation.named.items()
        if one.default is one.empty and name not in given
    ]
    if missing:
        raise WrongWords(f"{', '.join(missing)} is missing: {operation.usage}")
    return given


def call(client: Client, operation: Operation, given: Mapping[str, Any]) -> Iterator[bytes]:
    """What is answered, piece by piece: JSON, a line for each of many, or a file as it is.

    Raises ApiError, ConnectionFailed.
    """
    answer: Any = getattr(client, operation.name)(**given)
    if isinstance(answer, AbstractContextManager):
        with cast("AbstractContextManager[Iterable[bytes]]", answer) as file:
            yield from file
    elif isinstance(answer, Iterator):
        yield from map(_json, cast("Iterator[Any]", answer))
    elif isinstance(answer, str):
        yield answer.encode()
    elif answer is not None:
        yield _json(answer, indent=2)


def _json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode() + b"\n"


def _value(word: str, hint: Any, text: str) -> Any:
    if _admits(hint, bytes):
        if not text.startswith("@"):
            raise WrongWords(f"{word!r} is a file: write @ and its path")
        try:
            Path(text[1:]).open("rb").close()  # told before anything is asked
        except OSError as error:
            raise WrongWords(f"{text[1:]!r} cannot be read: {error.strerror}") from error
        return _pieces(Path(text[1:]))
    if _admits(hint, str):
        return text
    if (_admits(hint, list) or _admits(hint, Iterable)) and not text.startswith("["):
        return [part for part in text.split(",") if part]
    try:
        return json.loads(text)
    except ValueError as error:
        raise WrongWords(f"{word!r} should be JSON, such as 5, true or {{...}}") from error


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _kinds(hint: Any) -> list[Any]:
    """The types that a value may have, out of everything that is around them."""
    if get_origin(hint) in _WRAPPERS:
        return [kind for part in get_args(hint) for kind in _kinds(part)]
    if get_origin(hint) is Literal:
        return [type(one) for one in get_args(hint)]
    return [get_origin(hint) or hint]


def _admits(hint: Any, kind: type) -> bool:
    return kind in _kinds(hint)


def _fields_of(hint: Any) -> dict[str, Any]:
    """The fields of all shapes that a value may have."""
    found: dict[str, Any] = {}
    for kind in _kinds(hint):
        if is_typeddict(kind):
            for name, field in get_type_hints(kind, include_extras=True).items():
                found[name] = found[name] | field if name in found else field
    return found
