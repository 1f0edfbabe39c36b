"""Reading labels, quick replies and settings."""

import sqlite3
from typing import Final

import msgspec

from wigwag.model.archived import ArchivedLabel, ArchivedQuickReply, ArchivedSetting
from wigwag.model.instant import time_of

MAX_LABELS: Final = 1_000
MAX_QUICK_REPLIES: Final = 1_000
MAX_SETTINGS: Final = 100
_KEYWORDS: Final = msgspec.json.Decoder(tuple[str, ...])


def list_labels(connection: sqlite3.Connection, account: str) -> list[ArchivedLabel]:
    rows = connection.execute(
        "SELECT l.account, l.id, l.name, l.color, count(*) FILTER (WHERE a.message_id = ''), "
        "count(*) FILTER (WHERE a.message_id <> '') FROM labels l LEFT JOIN label_assignments a "
        "ON a.account = l.account AND a.label_id = l.id WHERE l.account = ? "
        "GROUP BY l.id ORDER BY l.name, l.id LIMIT ?",
        (account, MAX_LABELS),
    )
    return [
        ArchivedLabel(account=of, id=label, name=name, color=color, chats=chats, messages=messages)
        for of, label, name, color, chats, messages in rows
    ]


def list_quick_replies(connection: sqlite3.Connection, account: str) -> list[ArchivedQuickReply]:
    rows = connection.execute(
        "SELECT account, id, shortcut, text, keywords FROM quick_replies WHERE account = ? "
        "ORDER BY shortcut, id LIMIT ?",
        (account, MAX_QUICK_REPLIES),
    )
    return [
        ArchivedQuickReply(
            account=of, id=reply, shortcut=shortcut, text=text, keywords=_KEYWORDS.decode(words)
        )
        for of, reply, shortcut, text, words in rows
    ]


def list_settings(connection: sqlite3.Connection, account: str) -> list[ArchivedSetting]:
    rows = connection.execute(
        "SELECT account, name, value, changed_ms FROM settings WHERE account = ? "
        "ORDER BY name LIMIT ?",
        (account, MAX_SETTINGS),
    )
    return [
        ArchivedSetting(
            account=of, name=name, value=msgspec.Raw(value.encode()), changed_at=time_of(ms)
        )
        for of, name, value, ms in rows
    ]
