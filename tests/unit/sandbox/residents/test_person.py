"""Scripted contacts: silent, echoing, and known by LID only."""

import pytest

from scripted.neighbours import Neighbourhood
from wigwag.model.content import Media
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.person import Behaviour
from wigwag.sandbox.samples import make_pdf
from wigwag.wire.nodes import Node


def test_echo_says_the_same(hood: Neighbourhood) -> None:
    ann, echo = hood.person("Ann"), hood.person("Echo", Behaviour.ECHO)
    ann.send_text(echo.phone, "Is anybody there?")
    (entry,) = ann.inbox.entries()
    assert entry.text == "Is anybody there?"
    assert entry.chat == echo.lid


def test_echo_sends_the_same_file(hood: Neighbourhood) -> None:
    ann, echo = hood.person("Ann"), hood.person("Echo", Behaviour.ECHO)
    data = make_pdf("Report")
    ann.send_media(echo.phone, data, Attachment(filename="report.pdf", caption="Here"))
    (entry,) = ann.inbox.entries()
    assert isinstance(entry.content, Media)
    assert (entry.text, entry.content.filename) == ("Here", "report.pdf")
    assert ann.download(entry) == data


def test_echo_answers_in_groups_but_not_statuses_or_reactions(hood: Neighbourhood) -> None:
    ann, echo = hood.person("Ann"), hood.person("Echo", Behaviour.ECHO)
    group = hood.group("Both", ann, echo)
    sent = ann.send_text(group.jid, "in the group")
    ann.send_text("status@broadcast", "a status")
    ann.react(sent, "+1")
    assert [(entry.chat, entry.text) for entry in ann.inbox.entries()] == [
        (group.jid, "in the group")
    ]


def test_two_echoes_end(hood: Neighbourhood) -> None:
    ann = hood.person("Ann")
    first, second = (hood.person(name, Behaviour.ECHO) for name in ("One", "Two"))
    group = hood.group("Caves", ann, first, second)
    ann.send_text(group.jid, "Hello")
    assert [entry.text for entry in ann.inbox.entries()] == ["Hello", "Hello"]
    first.send_text(second.phone, "Hello")
    assert len(first.inbox.entries()) == 2


def test_behaviour_can_change(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob", Behaviour.ECHO)
    bob.behaviour = Behaviour.SILENT
    ann.send_text(bob.phone, "one")
    bob.behaviour = Behaviour.ECHO
    ann.send_text(bob.phone, "two")
    assert [entry.text for entry in ann.inbox.entries()] == ["two"]


def test_of_some_only_the_lid_is_known(
    hood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, hidden = hood.person("Ann"), hood.person("Hidden", lid_only=True)
    assert hidden.jid == hidden.lid
    assert ann.jid == ann.pn
    owner = hood.phone()
    companion = hood.companion(owner)
    heard: list[Node] = []
    monkeypatch.setattr(companion.device, "deliver", heard.append)
    hidden.send_text(owner.phone, "Guess who")
    (node,) = [node for node in heard if node.tag == "message"]
    assert node.attrs["from"] == hidden.lid
    assert "sender_pn" not in node.attrs
