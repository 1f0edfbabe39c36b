"""Every common question seeks by an index; none walks or sorts the whole archive."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from stored.makers import at
from wigwag.archive import messages, newsletters, reading, reading_log, reading_people
from wigwag.archive.connection import prepare_file
from wigwag.archive.migration import migrate
from wigwag.model.archived import FeedFilter, MessageFilter

A = "default"
Question = Callable[[Any], object]


class Planner:
    """Looks like a connection, and notes the plan of every statement."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.plan: list[str] = []

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        rows = self.connection.execute("EXPLAIN QUERY PLAN " + sql, values)
        self.plan += [row[3] for row in rows]
        return self.connection.execute(sql, values)


def listed(**wanted: Any) -> Question:
    return lambda c: reading.list_messages(c, A, MessageFilter(**wanted), "", 50)


def events(**wanted: frozenset[str]) -> Question:
    return lambda c: reading_log.list_events(
        c, "x", FeedFilter(**wanted), after=5, upto=99, limit=50
    )


QUESTIONS: dict[str, tuple[Question, str]] = {
    "all": (listed(), "ix_messages_account"),
    "chat": (listed(chat="x"), "ix_messages_chat"),
    "chat since": (
        listed(chat="x", after=at(0)),
        "ix_messages_chat (account=? AND chat_jid=? AND rowid>?)",
    ),
    "some chats": (listed(chats=("x", "y")), "ix_messages_chat"),
    "neighbours": (
        lambda c: reading.list_neighbours(c, A, "x", 5, 50, older=False),
        "ix_messages_chat (account=? AND chat_jid=? AND rowid>?)",
    ),
    "sender": (listed(sender="x"), "ix_messages_sender"),
    "search": (listed(query="x"), "m USING INTEGER PRIMARY KEY"),
    "undecryptable": (listed(kinds=("undecryptable",)), "ix_messages_undecryptable"),
    "by id": (lambda c: reading.find_messages(c, A, "x", "", ""), "(account=? AND id=?)"),
    "by file": (
        lambda c: reading.list_with_file(c, b"x", [A, "work"], ["x", "y"]),
        "ix_messages_content (file_sha256=?)",
    ),
    "chats": (lambda c: reading_people.list_chats(c, A, "", "", 50), "ix_chats_latest"),
    "contacts": (lambda c: reading_people.list_contacts(c, A, "", "", 50), "contacts_1 (account=?"),
    "groups": (lambda c: reading_people.list_groups(c, A, "", "", 50), "groups_1 (account=?"),
    "newsletters": (
        lambda c: newsletters.list_newsletters(c, A, "", 50),
        "newsletters_1 (account=?",
    ),
    "events": (
        events(),
        "PRIMARY KEY (rowid>? AND rowid<?)",
    ),
    "wanted events": (
        events(accounts=frozenset({A}), types=frozenset({"x"})),
        "PRIMARY KEY (rowid>? AND rowid<?)",
    ),
    "events of a chat": (
        events(accounts=frozenset({A}), chats=frozenset({"x"})),
        "PRIMARY KEY (rowid>? AND rowid<?)",
    ),
    "next file": (lambda c: reading_log.next_media_ms(c, [A]), "ix_messages_media"),
    "key": (
        lambda c: c.execute(messages.FIND, (A, "x", "y", "z")),
        "(account=? AND id=? AND chat_jid=? AND sender=?)",
    ),
    "id": (lambda c: c.execute(messages.FIND_ALL, (A, "x")), "(account=? AND id=?)"),
}


@pytest.fixture
def planner(tmp_path: Path) -> Planner:
    prepare_file(tmp_path / "messages.db")
    migrate(tmp_path / "messages.db", "")
    return Planner(sqlite3.connect(tmp_path / "messages.db"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_seeks(planner: Planner, name: str) -> None:
    question, index = QUESTIONS[name]
    question(planner)
    planner.connection.close()
    assert any(index in step for step in planner.plan), planner.plan
    assert not any("TEMP B-TREE" in step for step in planner.plan) or name == "by id"
    walks = [step for step in planner.plan if step.startswith("SCAN") and "VIRTUAL" not in step]
    assert walks == [] or name == "undecryptable"
