"""Files on their way in: what is found out about them, what they become, what is refused."""

import asyncio
from pathlib import Path

import pytest

from stored.makers import ANN, T0
from stored.ogg import HEAD, opus, page
from wigwag.core.drafts import Draft, MediaPolicy
from wigwag.core.intake import Intake
from wigwag.core.voice import FLAT
from wigwag.mediastore import LocalMediaStore
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import MediaRefused, MediaToolMissing, MediaUnreadable, StorageFull
from wigwag.model.media import Prepared
from wigwag.ports import Place, StoredFile

PLACE = Place(account="default", chat=ANN, sender=ANN)
VORBIS = page([b"\x01vorbis" + b"\0" * 30], 0, 0, 2)
STEREO = opus([40] * 100, head=HEAD[:9] + b"\2" + HEAD[10:])
VOICE_MIME = "audio/ogg; codecs=opus"


class ScriptedWorkshop:
    """Answers as told; what it converts a file into is `made`."""

    def __init__(self, answer: Prepared | Exception, made: bytes = b"") -> None:
        self.answer = answer
        self.made = made
        self.asked: list[MediaKind] = []

    async def prepare(self, source: Path, target: Path, kind: MediaKind) -> Prepared:
        assert await asyncio.to_thread(source.exists)
        self.asked.append(kind)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.made:
            await asyncio.to_thread(target.write_bytes, self.made)
        return self.answer


class Desk:
    def __init__(self, folder: Path) -> None:
        self.store = LocalMediaStore(folder / "store")
        self.outbox = folder / "outbox"
        self.outbox.mkdir()

    async def take(
        self,
        name: str,
        data: bytes,
        workshop: ScriptedWorkshop | None = None,
        kind: MediaKind | None = None,
    ) -> tuple[StoredFile, Media]:
        (self.outbox / name).write_bytes(data)
        intake = Intake(self.store, MediaPolicy(roots=(self.outbox,)), workshop)
        return await intake.take(Draft(media_path=str(self.outbox / name), kind=kind), PLACE, T0)

    def left(self) -> list[str]:
        """The files in the chat's folder, without the notes that they have no row yet."""
        folder = self.store.locate(str(ANN))
        return sorted(path.name for path in folder.iterdir() if path.suffix != ".kept")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_what_was_found_out_is_in_the_card(desk: Desk) -> None:
    found = Prepared(mime="image/png", width=20, height=10, thumbnail=b"small")
    file, media = await desk.take("cat.jpg", b"\x89PNG\r\n\x1a\n...", ScriptedWorkshop(found))
    assert (media.kind, media.mime) == (MediaKind.IMAGE, "image/png")
    assert (media.width, media.height, media.thumbnail) == (20, 10, b"small")
    assert desk.left() == [file.filename] == ["image_20260301_120000.jpg"]
    assert desk.store.locate(file.path).read_bytes().startswith(b"\x89PNG")


async def test_what_was_converted_is_kept_and_the_original_is_not(desk: Desk) -> None:
    found = Prepared(mime=VOICE_MIME, duration_s=7, waveform=bytes(64), converted=True)
    workshop = ScriptedWorkshop(found, b"OggS converted")
    file, media = await desk.take("song.mp3", b"ID3...", workshop, MediaKind.VOICE)
    assert (media.kind, media.mime, media.duration_s) == (MediaKind.VOICE, VOICE_MIME, 7)
    assert desk.left() == [file.filename] == ["audio_20260301_120000.ogg"]
    assert desk.store.locate(file.path).read_bytes() == b"OggS converted"


async def test_the_samples_know_better_than_the_packets(desk: Desk) -> None:
    found = Prepared(mime=VOICE_MIME, duration_s=2, waveform=bytes(range(64)))
    _, media = await desk.take("note.ogg", opus([40] * 100), ScriptedWorkshop(found))
    assert media.waveform == bytes(range(64))


async def test_documents_are_not_looked_at(desk: Desk) -> None:
    workshop = ScriptedWorkshop(AssertionError())
    _, media = await desk.take("a.pdf", b"%PDF", workshop)
    assert (workshop.asked, media.filename) == ([], "a.pdf")


@pytest.mark.parametrize("workshop", [None, ScriptedWorkshop(MediaUnreadable())])
@pytest.mark.parametrize(
    ("name", "data", "asked", "kind", "mime"),
    [
        ("a.ogg", opus([40] * 100), None, MediaKind.VOICE, VOICE_MIME),
        ("a.ogg", opus([40] * 100), MediaKind.VOICE, MediaKind.VOICE, VOICE_MIME),
        ("a.ogg", VORBIS, None, MediaKind.AUDIO, "audio/ogg"),
        ("a.jpg", b"no picture", None, MediaKind.IMAGE, "image/jpeg"),
        ("a.mp4", b"no film", None, MediaKind.VIDEO, "video/mp4"),
        ("a.mp4", b"....ftypisom", MediaKind.GIF, MediaKind.GIF, "video/mp4"),
        ("a.webp", b"RIFF....WEBPVP8 ", MediaKind.STICKER, MediaKind.STICKER, "image/webp"),
    ],
)  # fmt: skip
async def test_what_can_be_sent_as_it_is(  # noqa: PLR0917 - parameters of the table
    desk: Desk,
    workshop: ScriptedWorkshop | None,
    name: str,
    data: bytes,
    asked: MediaKind | None,
    kind: MediaKind,
    mime: str,
) -> None:
    file, media = await desk.take(name, data, workshop, asked)
    assert (media.kind, media.mime) == (kind, mime)
    assert desk.store.locate(file.path).read_bytes() == data
    if kind is MediaKind.VOICE:
        assert (media.duration_s, media.waveform) == (2, FLAT)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.ogg", b"ID3 this is not ogg", None),
        ("a.ogg", VORBIS, MediaKind.VOICE),
        ("a.ogg", STEREO, MediaKind.VOICE),
        ("a.mp3", b"ID3", MediaKind.VOICE),
        ("a.png", b"\x89PNG\r\n\x1a\n", MediaKind.STICKER),
        ("a.gif", b"GIF89a", MediaKind.GIF),
    ],
)
async def test_what_would_never_play_is_refused_and_leaves_nothing(
    desk: Desk, name: str, data: bytes, kind: MediaKind | None
) -> None:
    with pytest.raises(MediaToolMissing, match=r"wigwag\[media\]"):
        await desk.take(name, data, None, kind)
    with pytest.raises(MediaUnreadable, match="damaged"):
        await desk.take(name, data, ScriptedWorkshop(MediaUnreadable("It is damaged.")), kind)
    assert desk.left() == []


@pytest.mark.parametrize("error", [MediaRefused("too many pixels"), StorageFull()])
async def test_a_bomb_is_refused_whatever_it_is_sent_as(desk: Desk, error: Exception) -> None:
    with pytest.raises(type(error)):
        await desk.take("a.jpg", b"\xff\xd8\xff", ScriptedWorkshop(error))
    assert desk.left() == []
