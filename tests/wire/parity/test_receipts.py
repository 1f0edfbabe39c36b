"""What a client says of messages that it got."""

import pytest

from peers.parity.duo import Duo
from wigwag.model.content import MediaKind
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.person import Person

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

MORE = ("3EB0AAAAAAAAAAAAAAAAAA", "3EB0BBBBBBBBBBBBBBBBBB")


async def mark(duo: Duo, chat: str, *more: str, played: bool = False) -> None:
    """Both mark the last message of the friend as read (or played), and others with it."""
    a, w = duo.theirs, duo.ours
    await duo.play(
        lambda: duo.ada.call(
            "mark_read",
            ids=[a.heard, *more],
            chat=str(a.lid(chat)),
            sender=str(a.friend.lid),
            kind="PLAYED" if played else "READ",
        ),
        lambda: duo.wig.engine.mark_read(
            w.lid(chat), w.friend.lid, [w.heard, *more], played=played
        ),
    )


async def test_read(duo: Duo):
    await duo.each(lambda side: side.hear("read me"))
    await mark(duo, "friend")


async def test_several_read_at_once(duo: Duo):
    await duo.each(lambda side: side.hear("read me, too"))
    await mark(duo, "friend", *MORE)


async def test_read_in_a_group(duo: Duo):
    await duo.each(lambda side: side.hear("to all", "group"))
    await mark(duo, "group")
    await mark(duo, "group", *MORE)


async def test_a_status_watched(duo: Duo):
    await duo.each(lambda side: side.hear("watch me", "status"))
    await mark(duo, "status")


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_a_voice_note_played(duo: Duo, chat: str):
    card = Attachment(kind=MediaKind.VOICE)
    for side in duo.sides:
        to = side.client.pn if chat == "friend" else side.group
        side.call("heard", side.friend.send_media(to, b"OggS" + bytes(200), card))
    await duo.each(lambda side: side.client.wait_message(side.heard))
    await mark(duo, chat, played=True)


async def test_receipts_of_others_are_acknowledged(duo: Duo):
    await duo.each(lambda side: side.say("friend", "tell me when you read it"))
    await duo.each(lambda side: side.say("group", "all of you"))

    async def all_read(person: Person) -> None:
        person.mark_read(person.inbox.newest(2))
        person.mark_read(person.inbox.newest(1), "played")

    await duo.each(lambda side: all_read(side.friend))
    await duo.each(lambda side: all_read(side.person("bystander")))
