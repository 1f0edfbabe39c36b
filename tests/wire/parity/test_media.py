"""Files: how they are uploaded, announced and downloaded."""

import base64
from io import BytesIO
from typing import Any

import msgspec
import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side
from wigwag.model.content import Media, MediaKind
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.samples import make_png
from wigwag.wire.content import encode_content
from wigwag.wire.protobuf import delimited

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

IMAGE = make_png(seed=1)
CARDS = {
    MediaKind.IMAGE: Media(kind=MediaKind.IMAGE, mime="image/png", caption="c", width=3),
    MediaKind.VIDEO: Media(kind=MediaKind.VIDEO, mime="video/mp4", caption="c", duration_s=4),
    MediaKind.GIF: Media(kind=MediaKind.GIF, mime="video/mp4", duration_s=4),
    MediaKind.AUDIO: Media(kind=MediaKind.AUDIO, mime="audio/mp4", duration_s=4),
    MediaKind.VOICE: Media(
        kind=MediaKind.VOICE, mime="audio/ogg", duration_s=4, waveform=bytes(64)
    ),
    MediaKind.DOCUMENT: Media(kind=MediaKind.DOCUMENT, mime="text/plain", filename="a.txt"),
    MediaKind.STICKER: Media(kind=MediaKind.STICKER, mime="image/webp", animated=True, width=3),
}
PARTS: dict[MediaKind, tuple[str, str, dict[str, Any]]] = {
    MediaKind.IMAGE: ("imageMessage", "Image", {"caption": "c", "width": 3}),
    MediaKind.VIDEO: ("videoMessage", "Video", {"caption": "c", "seconds": 4}),
    MediaKind.GIF: ("videoMessage", "Video", {"gifPlayback": True, "seconds": 4}),
    MediaKind.AUDIO: ("audioMessage", "Audio", {"seconds": 4, "PTT": False}),
    MediaKind.VOICE: (
        "audioMessage",
        "Audio",
        {"seconds": 4, "PTT": True, "waveform": base64.b64encode(bytes(64)).decode()},
    ),
    MediaKind.DOCUMENT: ("documentMessage", "Document", {"fileName": "a.txt", "title": "a.txt"}),
    MediaKind.STICKER: ("stickerMessage", "Image", {"isAnimated": True, "width": 3}),
}
"""By kind: the part of the message, whatsmeow's name of its media type, and its card."""


async def send(duo: Duo, chat: str, kind: MediaKind, data: bytes = IMAGE) -> None:
    """Both upload a file and send it."""
    part, name, card = PARTS[kind]

    async def theirs() -> None:
        side = duo.theirs
        sent = await duo.ada.call(
            "send_media",
            to=str(side.jid(chat)),
            part=part,
            media_type=name,
            file=base64.b64encode(data).decode(),
            card={"mimetype": CARDS[kind].mime, "mediaKeyTimestamp": "1700000000", **card},
        )
        side.call("said", sent["id"])

    async def ours() -> None:
        side = duo.ours
        ref = await duo.wig.engine.upload(BytesIO(data), kind)
        content = msgspec.structs.replace(CARDS[kind], ref=ref)
        side.call("said", (await duo.wig.send(side.jid(chat), content)).id)

    await duo.fetch(theirs, ours)


@pytest.mark.parametrize("kind", CARDS)
async def test_a_file_sent(duo: Duo, kind: MediaKind):
    await send(duo, "friend", kind)


async def test_an_image_to_a_group(duo: Duo):
    await send(duo, "group", MediaKind.IMAGE)


async def test_a_large_document(duo: Duo):
    await send(duo, "friend", MediaKind.DOCUMENT, bytes(3_000_001))


async def test_a_file_downloaded(duo: Duo):
    card = Attachment(kind=MediaKind.IMAGE)

    async def take(side: Side) -> None:
        sent = side.call("heard", side.friend.send_media(side.client.pn, IMAGE, card))
        await side.client.wait_message(sent)

    await duo.each(take)

    async def theirs() -> None:
        assert await duo.ada.download(duo.theirs.heard) == IMAGE

    async def ours() -> None:
        message = await duo.wig.wait_message(duo.ours.heard)
        assert await duo.wig.download(message) == IMAGE

    await duo.fetch(theirs, ours)


async def test_an_image_to_be_seen_once(duo: Duo):
    """The wrapper changes nothing about receipts."""
    card = Attachment(kind=MediaKind.IMAGE)
    media = duo.stage.sandbox.surroundings.media.upload(IMAGE, card)
    inner = encode_content(media)

    async def take(side: Side) -> None:
        raw = delimited(55, delimited(1, inner))
        sent = side.call("heard", side.friend.send_message(side.client.lid, raw))
        await side.client.wait_message(sent)

    await duo.each(take)
