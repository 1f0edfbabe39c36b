"""Messages sent on: as they read now, with their file, marked as forwarded."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, BEN, edit, key, picture, received, revoke
from stored.senders import sender
from wigwag.core.changing import Asked
from wigwag.core.forwarding import Forwarding
from wigwag.core.sending import Idempotency
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Context,
    Location,
    Media,
    MediaKind,
    Poll,
    Quoted,
    Text,
    Unsupported,
)
from wigwag.model.errors import Conflict, MediaGone, NotApplicable
from wigwag.model.message import SendState

ACCOUNT = "default"
FORWARDED = Context(forwarded=True)
DATA = b"GIF89a\x0a\x00\x14\x00" + b"x" * 100


@asynccontextmanager
async def forwarding(desk: Desk, engine: StoredEngine) -> AsyncGenerator[Forwarding]:
    async with sender(desk, engine) as sending, fetcher(desk, engine) as media:
        yield Forwarding(sending, media)


async def forward(desk: Desk, engine: StoredEngine, message_id: str, **asked: Any) -> Content:
    """Send it on to Ben; what left."""
    message = await desk.library.get_message(ACCOUNT, message_id)
    async with forwarding(desk, engine) as made:
        submitted = await made.forward(message, str(BEN), Asked(**asked))
    assert (submitted.state, submitted.chat_jid) == (SendState.SENT, str(BEN))
    assert (await desk.library.get_message(ACCOUNT, submitted.id)).forwarded
    return engine.sent[-1].content


async def test_a_text_as_it_reads_now(linked: Desk, engine: StoredEngine) -> None:
    surroundings = Context(quoted=Quoted(id="Q", text="secret"), mentions=(BEN,), ephemeral_s=60)
    await linked.take(
        received("A1", Text(text="helo", context=surroundings)),
        received("A2", edit(key("A1"), "hello"), seconds=1),
    )
    assert await forward(linked, engine, "A1") == Text(text="hello", context=FORWARDED)


@pytest.mark.parametrize(
    "content",
    [
        Location(latitude=52.5, longitude=13.4, name="Here"),
        Contacts(cards=(ContactCard(name="Ann", vcard="BEGIN:VCARD"),)),
    ],
)
async def test_what_has_no_file(
    linked: Desk, engine: StoredEngine, content: Location | Contacts
) -> None:
    await linked.take(received("A1", content))
    sent = await forward(linked, engine, "A1")
    assert sent == type(content)(**{
        name: getattr(content, name) for name in content.__struct_fields__ if name != "context"
    }, context=FORWARDED)  # fmt: skip


async def test_a_poll_has_votes_of_its_own(linked: Desk, engine: StoredEngine) -> None:
    await linked.take(
        received("A1", Poll(question="Tea?", options=("yes", "no"), secret=b"s" * 32))
    )
    sent = await forward(linked, engine, "A1")
    assert isinstance(sent, Poll)
    assert (sent.question, sent.options, sent.context) == ("Tea?", ("yes", "no"), FORWARDED)
    assert len(sent.secret) == 32
    assert sent.secret != b"s" * 32


async def test_a_file_is_fetched_and_sent_anew(linked: Desk, engine: StoredEngine) -> None:
    ref = engine.offer(DATA, "/v/a")
    await linked.take(received("A1", picture(ref, caption="Look")))
    sent = await forward(linked, engine, "A1")
    assert isinstance(sent, Media)
    assert sent.ref is not None
    assert (sent.kind, sent.caption, sent.context) == (MediaKind.IMAGE, "Look", FORWARDED)
    assert sent.ref.direct_path != "/v/a"
    assert engine.files[sent.ref.direct_path] == DATA


async def test_a_document_keeps_its_name(linked: Desk, engine: StoredEngine) -> None:
    ref = engine.offer(b"%PDF-1.4", "/v/d")
    paper = Media(kind=MediaKind.DOCUMENT, mime="application/pdf", ref=ref, filename="Paper.pdf")
    await linked.take(received("A1", paper))
    sent = await forward(linked, engine, "A1")
    assert isinstance(sent, Media)
    assert (sent.kind, sent.filename, sent.mime) == (
        MediaKind.DOCUMENT, "Paper.pdf", "application/pdf",
    )  # fmt: skip


async def test_once_for_its_key(linked: Desk, engine: StoredEngine) -> None:
    await linked.take(received("A1"))
    once = Idempotency(key="k", fingerprint=b"f")
    message = await linked.library.get_message(ACCOUNT, "A1")
    async with forwarding(linked, engine) as made:
        first = await made.forward(message, str(BEN), Asked(idempotency=once))
        await linked.take(received("A2", revoke(key("A1")), seconds=1))
        message = await linked.library.get_message(ACCOUNT, "A1")
        assert await made.forward(message, str(BEN), Asked(idempotency=once)) == first
        with pytest.raises(Conflict):
            await made.forward(message, str(BEN), Asked())
    assert len(engine.sent) == 1


async def test_what_cannot_be_forwarded(linked: Desk, engine: StoredEngine) -> None:
    await linked.take(
        received("A1", picture(engine.offer(DATA, "/v/a")), view_once=True),
        received("A2", Location(latitude=1.0, longitude=1.0, live=True)),
        received("A3", Unsupported(fields=("x",), raw=b"")),
    )
    async with forwarding(linked, engine) as made:
        for message_id in ("A1", "A2", "A3"):
            message = await linked.library.get_message(ACCOUNT, message_id)
            with pytest.raises(NotApplicable):
                await made.forward(message, str(BEN), Asked())
        gone = Media(kind=MediaKind.IMAGE, mime="image/png")
        await linked.take(received("A4", gone, chat=ANN))
        message = await linked.library.get_message(ACCOUNT, "A4")
        with pytest.raises(MediaGone):
            await made.forward(message, str(BEN), Asked())
    assert engine.sent == []
