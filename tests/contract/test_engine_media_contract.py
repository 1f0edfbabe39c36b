"""Files both ways over every engine, byte for byte, and what is wrong with them."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from scripted.engine_town import EngineTown
from wigwag.engine.native.media.retries import open_answer
from wigwag.model.capability import Capability
from wigwag.model.content import Media, MediaKind, MediaRef, MessageKey
from wigwag.model.errors import MediaCorrupt, MediaGone
from wigwag.model.event import MediaRetryAnswered, MessageReceived
from wigwag.model.media import RetryResult
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.samples import make_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = [kind for kind in MediaKind if kind is not MediaKind.GIF]


async def received(town: EngineTown, data: bytes, kind: MediaKind) -> tuple[MessageKey, Media]:
    friend = town.sandbox.add_person("Finn")
    sent = friend.send_media(town.phone.pn, data, Attachment(filename="file.bin", kind=kind))
    message = await town.hear_message(sent)
    assert isinstance(message.content, Media)
    return message.key, message.content


def ref_of(media: Media) -> MediaRef:
    assert media.ref is not None
    return media.ref


async def read(town: EngineTown, ref: MediaRef, kind: MediaKind, folder: Path) -> bytes:
    target = folder / "file"
    await town.engine.download(ref, kind, target)
    return target.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_of_each_kind_both_ways(
    town: EngineTown, tmp_path: Path, kind: MediaKind
) -> None:
    friend = town.sandbox.add_person("Finn")
    data = make_jpeg(7)
    ref = await town.engine.upload(BytesIO(data), kind)
    assert ref.size_bytes == len(data)
    sent = await town.send(friend.pn, Media(kind=kind, mime="image/jpeg", ref=ref, filename="f"))
    entry = await friend.wait_for(lambda entry: entry.id == sent.id)
    assert entry.media is not None
    assert entry.media.kind == kind
    assert friend.download(entry) == data
    _, media = await received(town, data, kind)
    assert media.kind is kind
    assert await read(town, ref_of(media), kind, tmp_path) == data


@pytest.mark.parametrize("size", [0, 1, 16, 131_072, 2_000_001])
async def test_files_of_every_size(town: EngineTown, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    ref = await town.engine.upload(BytesIO(data), MediaKind.DOCUMENT)
    assert ref.size_bytes == size
    assert await read(town, ref, MediaKind.DOCUMENT, tmp_path) == data


async def test_captions_and_names(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    card = Attachment(filename="report.pdf", caption="as promised", kind=MediaKind.DOCUMENT)
    content = (await town.hear_message(friend.send_media(town.phone.pn, b"%PDF", card))).content
    assert isinstance(content, Media)
    assert (content.caption, content.filename) == ("as promised", "report.pdf")
    sent = await town.send(friend.pn, replace(content, caption="and back"))
    assert (await friend.wait_for(lambda entry: entry.id == sent.id)).text == "and back"


async def test_what_is_wrong_leaves_nothing(town: EngineTown, tmp_path: Path) -> None:
    _, media = await received(town, os.urandom(70_000), MediaKind.DOCUMENT)
    target = tmp_path / "file"
    wrong = replace(ref_of(media), file_sha256=bytes(32))
    with pytest.raises(MediaCorrupt):
        await town.engine.download(wrong, media.kind, target)
    gone = replace(ref_of(media), direct_path="/v/nothing/here", url="")
    with pytest.raises(MediaGone):
        await town.engine.download(gone, media.kind, target)
    assert not target.exists() or not target.read_bytes()


@pytest.mark.capability(Capability.MEDIA_RETRY)
async def test_the_phone_uploads_a_file_again(town: EngineTown) -> None:
    key, media = await received(town, b"once more" * 100, MediaKind.DOCUMENT)
    ref = ref_of(media)
    await town.engine.media.request_again(key, ref.media_key, by_pn=False)
    answer = await town.hear(MediaRetryAnswered, lambda event: event.key.id == key.id)
    assert open_answer(answer, ref.media_key).result is RetryResult.UPLOADED


async def test_a_file_in_a_group(town: EngineTown, tmp_path: Path) -> None:
    friend = town.sandbox.add_person("Finn")
    group = town.sandbox.create_group("Pictures", [town.phone.pn, friend.pn])
    sent = friend.send_media(group.jid, make_jpeg(3), Attachment(caption="look"))
    message = await town.hear_message(sent)
    assert message.key.chat == group.jid
    assert isinstance(message.content, Media)
    data = await read(town, ref_of(message.content), MediaKind.IMAGE, tmp_path)
    assert data == make_jpeg(3)
    assert sum(e.message.key.id == sent for e in town.told(MessageReceived)) == 1
