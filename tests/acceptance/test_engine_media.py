"""Files both ways, and what the media host can do wrong."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from scripted import footprint
from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.engine.native.media.retries import open_answer
from wigwag.model.content import Media, MediaKind, MediaRef, MessageKey
from wigwag.model.errors import MediaCorrupt, MediaGone, MediaTransferFailed
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.media import RetryResult
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_jpeg


async def received(town: EngineTown, data: bytes) -> tuple[Person, Media]:
    """A file that a friend sent us."""
    friend = town.sandbox.add_person("Finn", "15550100002")
    await town.link()
    # The history is a download, too: it must not take the fault that is meant for the file.
    await town.settled()
    friend.send_media(town.phone.pn, data, Attachment(filename="file.bin", kind=MediaKind.DOCUMENT))
    await until(lambda: any(isinstance(m.content, Media) for m in town.messages))
    (media,) = [m.content for m in town.messages if isinstance(m.content, Media)]
    return friend, media


def ref_of(media: Media) -> MediaRef:
    assert media.ref is not None
    return media.ref


async def test_an_image_comes_in_byte_for_byte(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        picture = make_jpeg(7)
        friend.send_media(town.phone.pn, picture, Attachment(caption="look"))
        await until(lambda: any(isinstance(m.content, Media) for m in town.messages))
        (media,) = [m.content for m in town.messages if isinstance(m.content, Media)]
        assert (media.kind, media.caption) == (MediaKind.IMAGE, "look")
        target = tmp_path / "image.jpg"
        await town.engine.download(ref_of(media), media.kind, target)
        assert target.read_bytes() == picture


async def test_an_image_goes_out_byte_for_byte(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        picture = make_jpeg(8)
        ref = await town.engine.upload(BytesIO(picture), MediaKind.IMAGE)
        card = Media(kind=MediaKind.IMAGE, mime="image/jpeg", ref=ref, caption="yours")
        await town.send(friend.pn, card)
        entry = await friend.wait_for(lambda entry: entry.media is not None)
        assert entry.text == "yours"
        assert friend.download(entry) == picture


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 131_072, 2_000_001])
async def test_files_of_every_size(tmp_path: Path, size: int) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        data = os.urandom(size)
        ref = await town.engine.upload(BytesIO(data), MediaKind.DOCUMENT)
        assert ref.size_bytes == size
        await town.engine.download(ref, MediaKind.DOCUMENT, tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == data


async def test_a_cut_download_goes_on(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        data = os.urandom(3_000_000)
        _, media = await received(town, data)
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_CUT, at_bytes=1_000_000))
        target = tmp_path / "file"
        await town.engine.download(ref_of(media), media.kind, target)
        assert target.read_bytes() == data


@pytest.mark.parametrize("code", [403, 404, 410])
async def test_a_file_that_is_gone(tmp_path: Path, code: int) -> None:
    async with EngineTown(tmp_path) as town:
        _, media = await received(town, b"data" * 100)
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=code))
        with pytest.raises(MediaGone):
            await town.engine.download(ref_of(media), media.kind, tmp_path / "file")
        assert not (tmp_path / "file").exists()


async def test_a_corrupt_file_is_never_left(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        _, media = await received(town, b"data" * 100)
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_CORRUPT))
        with pytest.raises(MediaCorrupt):
            await town.engine.download(ref_of(media), media.kind, tmp_path / "file")
        assert not (tmp_path / "file").exists()


async def test_a_host_in_trouble_is_tried_again(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        data = b"data" * 100
        _, media = await received(town, data)
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=503))
        await town.engine.download(ref_of(media), media.kind, tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == data


async def test_a_refused_upload_says_so(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=400, count=None))
        with pytest.raises(MediaTransferFailed):
            await town.engine.upload(BytesIO(b"data"), MediaKind.IMAGE)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, RetryResult.UPLOADED),
        (404, RetryResult.NOT_FOUND),
        (412, RetryResult.DECRYPTION_ERROR),
        (500, RetryResult.FAILED),
    ],
)
async def test_the_phone_is_asked_for_a_file_that_is_gone(
    tmp_path: Path, code: int | None, expected: RetryResult
) -> None:
    async with EngineTown(tmp_path) as town:
        data = os.urandom(100_000)
        friend, media = await received(town, data)
        ref = ref_of(media)
        assert town.sandbox.media.expire(ref.direct_path)
        with pytest.raises(MediaGone):
            await town.engine.download(ref, media.kind, tmp_path / "file")
        if code is not None:
            town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_RETRY, code=code))
        (message,) = [m for m in town.messages if isinstance(m.content, Media)]
        key = MessageKey(chat=friend.pn, sender=friend.pn, id=message.key.id)
        await town.engine.media.request_again(key, ref.media_key, by_pn=False)
        (told,) = await town.until_told(MediaRetryAnswered)
        assert told.key == MessageKey(chat=friend.lid, sender=friend.lid, id=message.key.id)
        answer = open_answer(told, ref.media_key)
        assert answer.result is expected
        if code is None:
            assert answer.direct_path != ref.direct_path
            moved = replace(ref, direct_path=answer.direct_path)
            await town.engine.download(moved, media.kind, tmp_path / "file")
            assert (tmp_path / "file").read_bytes() == data


async def test_a_phone_that_knows_no_such_message_says_so(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend, media = await received(town, b"data")
        key = MessageKey(chat=friend.pn, sender=friend.pn, id="3EB0NOSUCH")
        await town.engine.media.request_again(key, ref_of(media).media_key, by_pn=True)
        (told,) = await town.until_told(MediaRetryAnswered)
        assert (told.key.chat, told.error_code) == (friend.pn, 2)


async def test_a_request_with_another_key_does_not_open_on_the_phone(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend, media = await received(town, b"data")
        (message,) = [m for m in town.messages if isinstance(m.content, Media)]
        key = MessageKey(chat=friend.pn, sender=friend.pn, id=message.key.id)
        await town.engine.media.request_again(key, bytes(32), by_pn=False)
        (told,) = await town.until_told(MediaRetryAnswered)
        answer = open_answer(told, ref_of(media).media_key)
        assert answer.result is RetryResult.DECRYPTION_ERROR


@pytest.mark.skipif(not footprint.HERE, reason="only Linux tells")
async def test_a_large_document_takes_little_memory(tmp_path: Path) -> None:
    """Network and engine live in this one process, and both only let the file through."""
    size = 96_000_000
    async with EngineTown(tmp_path) as town:
        await town.link()
        source, target = tmp_path / "document", tmp_path / "received"
        with source.open("wb") as file:
            file.truncate(size)
        measured = footprint.Footprint()
        with source.open("rb") as stream:
            ref = await town.engine.upload(stream, MediaKind.DOCUMENT)
        await town.engine.download(ref, MediaKind.DOCUMENT, target)
        assert target.stat().st_size == size
        assert measured.growth < 40_000_000
