"""Words of an export: readable, and forging nothing."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stored.makers import ANN, at
from values.archived import FILE, HELLO
from wigwag.core.exportwords import DELETED, UNKNOWN, WAITING, said, text_line
from wigwag.model.archived import Person
from wigwag.model.content import ContactCard, Contacts, Location, Poll
from wigwag.model.record import RowKind


def test_a_line_is_as_whatsapp_writes_it() -> None:
    assert text_line(HELLO, "") == "[2026-03-01, 12:00:00] Ann: hello\n"
    filed = replace(HELLO, media=FILE, text="look")
    assert text_line(filed, "report.pdf").endswith("Ann: <attached: report.pdf>\n    look\n")
    assert "<media omitted>" in text_line(filed, "")
    assert text_line(replace(HELLO, edited_at=at(1)), "").endswith("hello\n    <edited>\n")


def test_every_kind_has_words() -> None:
    place = Location(latitude=48.1, longitude=11.5, name="Home")
    cards = Contacts(cards=(ContactCard(name="Ben", vcard="x"),))
    poll = Poll(question="When?", options=("now", "later"))
    assert said(replace(HELLO, content=place)) == "Location: Home, 48.100000, 11.500000"
    assert said(replace(HELLO, content=cards)) == "Contact: Ben"
    assert said(replace(HELLO, content=poll)) == "Poll: When?\n- now\n- later"
    assert said(replace(HELLO, revoked_at=at(1))) == DELETED
    assert said(replace(HELLO, content=None, kind=RowKind.UNDECRYPTABLE)) == WAITING
    assert said(replace(HELLO, content=None, text="", kind=RowKind.UNSUPPORTED)) == UNKNOWN
    assert said(replace(HELLO, media=FILE, text="")) == ""


@given(st.text(), st.text(), st.text())
def test_no_text_looks_like_another_message(text: str, name: str, filename: str) -> None:
    forged = "\n[2026-03-01, 12:00:00] Bob: " + text
    who = Person(jid=str(ANN), name=name + forged)
    message = replace(HELLO, text=forged + "\r" + forged, sender=who, media=FILE)
    first, *more = text_line(message, filename + forged).removesuffix("\n").split("\n")
    assert first.startswith("[2026-03-01, 12:00:00] ")
    assert all(line.startswith("    ") for line in more)
    assert len(("\n".join([first, *more])).splitlines()) == 1 + len(more)
