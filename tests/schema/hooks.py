"""What schemathesis is told of this server: which things there are, and what to leave alone.

Loaded by schemathesis itself (`hooks` of schemathesis.toml), in a process of its own. A value is
changed only from one valid value to another, so that what a case expects stays true.
"""

import os
import re
import zlib
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import schemathesis
from schemathesis import Case, GenerationMode, HookContext, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import ComponentInfo

from wigwag.model.jid import PHONE_PATTERN, RECIPIENT_PATTERN

MAIN: Final = "default"
"""The account that is connected; no case takes it away."""
CHATS: Final = tuple(os.environ["SCHEMA_CHATS"].split())
KNOWN: Final = {
    "account": (MAIN,),
    "chat": CHATS,
    "jid": CHATS,
    "message_id": tuple(os.environ["SCHEMA_MESSAGES"].split()),
}
"""What the server really has, by the name of a parameter of a path."""
ADDRESSES: Final = frozenset({"to", "chat", "recipient", "chat_jid", "reply_to_chat"})
"""Fields of bodies and queries that name a chat."""
ENDING: Final = re.compile(r"^/v1/accounts/\{account\}(/logout|/restart|/pair|/pair-code)?$")
"""Operations after which an account is no longer connected, or no longer there."""
ADDRESS: Final = re.compile(RECIPIENT_PATTERN)
PHONE: Final = re.compile(PHONE_PATTERN)
LATER: Final = (datetime.now(UTC) + timedelta(days=30)).isoformat()
MOMENT: Final = re.compile(r"[0-9]{4}-.*[Tt].*")
ENDS: Final = frozenset({"expires_at", "muted_until", "send_at"})
RECEIVERS: Final = re.compile("https?://[^/?#]", re.IGNORECASE)
LONGEST_WAIT_S: Final = 0.05
RECEIVER: Final = "http://receiver.invalid/hook"
"""Where webhooks lead, and files to fetch: nobody has the name, so that nothing leaves here."""

FILES: Final = Path(os.environ["SCHEMA_FILES"])
"""Files that may be sent: any picture, and a voice note."""

cursors: dict[str, str] = {}
"""The last cursor that each path told: any other text is none."""


def chosen(of: tuple[str, ...], value: object) -> str:
    return of[zlib.crc32(repr(value).encode()) % len(of)]


def is_wait(value: object) -> bool:
    try:
        return not isinstance(value, bool) and 0 < float(str(value)) <= 60
    except ValueError:
        return False


def settle(fields: MutableMapping[str, Any]) -> None:
    """Bound the waits, lead addresses to somebody, and say what no schema says: what asks for
    another field, and what has to lie in the future."""
    for name, value in list(fields.items()):
        if name == "wait_s" and is_wait(value):
            fields[name] = str(LONGEST_WAIT_S) if isinstance(value, str) else LONGEST_WAIT_S
        elif name in {"from_seq", "to_seq"} and type(value) in (int, float) and value >= 1:
            fields[name] = 1
        elif not isinstance(value, str):
            continue
        elif name in ADDRESSES and ADDRESS.search(value):
            fields[name] = chosen(CHATS, value)
        elif name == "phone" and PHONE.search(value):
            fields[name] = "15550100099"
        elif name == "url" and RECEIVERS.match(value):
            fields[name] = RECEIVER
        elif name in ENDS and MOMENT.fullmatch(value):
            fields[name] = LATER
    if fields.get("muted_until"):
        fields["muted"] = True
    if fields.get("chats") and not fields.get("accounts"):
        fields["accounts"] = [MAIN]
    options, selectable = fields.get("options"), fields.get("selectable")
    if isinstance(options, list) and isinstance(selectable, int | float):
        fields["selectable"] = min(selectable, len(cast("list[object]", options)))


def settle_file(message: MutableMapping[str, Any]) -> None:
    """Name a file that is there, and fits, where one of the server is named."""
    media = message.get("media")
    if not isinstance(media, MutableMapping):
        return
    source = cast("MutableMapping[str, Any]", media)
    path, url = source.get("path"), source.get("url")
    if isinstance(path, str) and 0 < len(path) <= 4_096:
        source["path"] = str(FILES / ("note.ogg" if message.get("type") == "voice" else "any.png"))
        if message.get("type") == "gif":
            message["type"] = "image"
    if isinstance(url, str) and RECEIVERS.match(url):
        source["url"] = RECEIVER


def right_parts_of(case: Case[Any]) -> Iterator[MutableMapping[str, Any]]:
    """Query and body, but for one that is meant to be wrong: to settle it might put it right."""
    modes = {place: part.mode for place, part in components_of(case).items()}
    for place, part in ((ParameterLocation.QUERY, case.query), (ParameterLocation.BODY, case.body)):
        if modes.get(place) is not GenerationMode.NEGATIVE and isinstance(part, MutableMapping):
            yield cast("MutableMapping[str, Any]", part)


def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    del context, kwargs
    path, right = case.operation.path, right_parts(case)
    if ParameterLocation.PATH in right:
        name_known(case)
    given = case.path_parameters or {}
    if ENDING.match(path) and case.method != "GET" and given.get("account") == MAIN:
        given["account"] = "another"
    for part in right_parts_of(case):
        settle(part)
        settle_file(part)
        if path == "/v1/events" and part.get("chat") and not part.get("account"):
            part["account"] = MAIN
        if part.get("cursor") and case.operation.method.upper() == "GET":
            part["cursor"] = cursors.get(path, "")
    keep_right(case, right)


def name_known(case: Case[Any]) -> None:
    """Have most paths lead to something that is there."""
    given = case.path_parameters or {}
    for name, known in KNOWN.items():
        value = given.get(name)
        if value and isinstance(value, str) and zlib.crc32(value.encode(errors="replace")) % 4:
            given[name] = chosen(known, value)


def components_of(case: Case[Any]) -> dict[ParameterLocation, ComponentInfo]:
    return case.meta.components if case.meta is not None else {}


def right_parts(case: Case[Any]) -> list[ParameterLocation]:
    return [place for place, part in components_of(case).items() if part.mode.is_positive]


def keep_right(case: Case[Any], parts: list[ParameterLocation]) -> None:
    """What was right stays so, though schemathesis judges anew what was changed: the words of a
    path as they are written in the URL, and a body of several types as one of the last of them."""
    meta = case.meta
    if meta is None:
        return
    meta.components.update(dict.fromkeys(parts, ComponentInfo(mode=GenerationMode.POSITIVE)))
    if all(part.mode.is_positive for part in meta.components.values()):
        meta.generation.mode = GenerationMode.POSITIVE


def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    del context
    if response.status_code == 200 and b'"next_cursor":"' in response.content:
        cursors[case.operation.path] = response.json()["next_cursor"]


for told in (before_call, after_call):
    cast("Any", schemathesis).hook(told)
