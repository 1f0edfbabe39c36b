"""The comparison itself: enough scenarios, every intended difference written down, all seen."""

import ast
import re
from pathlib import Path

import pytest

from peers.parity.differences import EXTRAS, OURS, REWRITES, THEIRS, unexplained
from peers.parity.fieldtree import field_tree
from peers.parity.orders import disorder
from peers.parity.roles import Roles
from wigwag.model.jid import parse_jid
from wigwag.wire.protobuf import delimited

HERE = Path(__file__).parent
DECISION = HERE.parents[2] / "docs/decisions/0005-differences-from-whatsmeow.md"
WANTED = 40


def scenarios() -> list[str]:
    """The names of the tests that play a scene with both clients."""
    return [
        f"{path.stem}::{node.name}"
        for path in sorted(HERE.glob("test_*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


def test_there_are_enough_scenarios():
    found = scenarios()
    print(f"{len(found)} scenarios")  # noqa: T201 - the figure is asked for
    assert len(found) == len(set(found))
    assert len(found) >= WANTED


def test_every_intended_difference_is_written_down():
    rows = set(re.findall(r"^\| ([^|]+?) \|", DECISION.read_text("utf-8"), re.MULTILINE))
    assert {rule.row for rule in (*EXTRAS, *REWRITES)} <= rows


def test_a_difference_is_seen_and_shown_beside_its_likeness():
    assert unexplained(["a", "a"], ["a", "a"]) == []
    assert unexplained(["<b x=1>", "c"], ["c", "<b x=2>"]) == ["+ <b x=1>", "- <b x=2>", "       ^"]
    assert unexplained(["a", "a"], ["a"]) == ["+ a"]
    assert unexplained([], ["<z>"]) == ["- <z>"]


def test_only_the_named_side_may_differ():
    extra = "<presence name=<my name> type=unavailable>"
    assert unexplained([extra], []) == []
    assert unexplained([], [extra]) == [f"{THEIRS} {extra}"]
    assert unexplained([extra + "x"], []) == [f"{OURS} {extra}x"]


def test_order_is_compared_within_a_lane():
    message, keys = "<message id=1>", "<iq id=1 xmlns=encrypt>[<key>]"
    assert disorder([keys, message, "x"], ["x", keys, message]) == []
    assert disorder([message, keys], [keys, message]) != []


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (delimited(1, b"hi"), "{conversation: 'hi'}"),
        (delimited(200, delimited(1, b"hi")), "{#200: {#1: 'hi'}}"),
        (delimited(35, delimited(3, bytes(32))), "{messageContextInfo: {messageSecret: 32 bytes}}"),
        (
            delimited(31, delimited(1, b"491701234567@s.whatsapp.net")),
            "{deviceSentMessage: {destinationJID: 'me'}}",
        ),
        (delimited(46, b"\x20\x01"), "{reactionMessage: {senderTimestampMS: 1}}"),
    ],
)
def test_a_body_shows_every_field(raw: bytes, line: str):
    roles = Roles({parse_jid("491701234567@s.whatsapp.net"): "me"})
    assert field_tree(raw, roles) == line
