"""What is made of a caller's files reaches real whatsmeow clients, and they can open it."""

import base64
import io
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace
from PIL import Image

from peers.native import NativePeer
from peers.stage import Companion, Stage
from stored.makers import T0
from stored.recordings import make_film, make_moving, make_sound
from wigwag.config import child_environment
from wigwag.core.drafts import Draft, MediaPolicy
from wigwag.core.intake import Intake
from wigwag.core.voice import read_voice_note
from wigwag.mediastore import LocalMediaStore
from wigwag.mediawork.workshop import Workshop
from wigwag.model.content import MediaKind, MessageKey
from wigwag.ports import Place
from wigwag.sandbox.samples import make_png
from wigwag.wire.media_retry import retry_request
from wigwag.wire.nodes import Node

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    wig: NativePeer
    ada: Companion
    outbox: Path
    store: LocalMediaStore
    intake: Intake

    async def send(
        self, name: str, data: bytes, kind: MediaKind | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Send a file as a caller does: the message that Ada got, and the file she opened."""
        (self.outbox / name).write_bytes(data)
        place = Place(account="default", chat=self.ada.pn, sender=self.wig.pn)
        draft = Draft(media_path=str(self.outbox / name), kind=kind)
        file, media = await self.intake.take(draft, place, T0)
        stored = self.store.locate(file.path).read_bytes()
        ref = await self.wig.engine.upload(io.BytesIO(stored), media.kind)
        sent = (await self.wig.send(self.ada.pn, replace(media, ref=ref))).id
        got = await self.ada.wait("message", lambda event: event.id == sent)
        opened = await self.ada.download(sent)
        assert opened == stored
        return got.message, opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    folder = tmp_path_factory.mktemp("media")
    outbox, store = folder / "outbox", LocalMediaStore(folder / "store")
    outbox.mkdir()
    workshop = Workshop(child_environment(os.environ))
    intake = Intake(store, MediaPolicy(roots=(outbox,)), workshop)
    stage = await Stage.open(folder)
    try:
        (ada,) = await stage.linked("Ada")
        wig = stage.native("Wig")
        await wig.link()
        yield Cast(stage, wig, ada, outbox, store, intake)
        assert ada.complaints == []
    finally:
        await stage.close()


async def test_a_song_arrives_as_a_voice_note(cast: Cast) -> None:
    message, opened = await cast.send("song.mp3", make_sound("mp3", 2.0), MediaKind.VOICE)
    voice = message["audioMessage"]
    assert (voice["mimetype"], voice["PTT"]) == ("audio/ogg; codecs=opus", True)
    note = read_voice_note(io.BytesIO(opened))
    assert note is not None
    assert (note.channels, note.duration_s) == (1, voice["seconds"])
    shape = base64.b64decode(voice["waveform"])
    assert len(shape) == 64
    assert shape[10] < shape[30] < shape[50] <= 100


@pytest.mark.parametrize(
    ("name", "data", "moves"),
    [("cat.png", make_png(5), False), ("cat.gif", make_moving("GIF"), True)],
)
async def test_a_picture_arrives_as_a_sticker(
    cast: Cast, name: str, data: bytes, moves: bool
) -> None:
    message, opened = await cast.send(name, data, MediaKind.STICKER)
    sticker = message["stickerMessage"]
    assert (sticker["mimetype"], sticker["width"], sticker["height"]) == ("image/webp", 512, 512)
    assert sticker.get("isAnimated", False) is moves
    picture = Image.open(io.BytesIO(opened))
    assert (picture.format, picture.size) == ("WEBP", (512, 512))
    assert getattr(picture, "n_frames", 1) == (4 if moves else 1)


async def test_a_picture_arrives_with_its_preview(cast: Cast) -> None:
    message, opened = await cast.send("look.jpg", make_png(6, 400, 200))
    image = message["imageMessage"]
    assert (image["mimetype"], image["width"], image["height"]) == ("image/png", 400, 200)
    preview = Image.open(io.BytesIO(base64.b64decode(image["JPEGThumbnail"])))
    assert (preview.format, preview.size) == ("JPEG", (100, 50))
    assert opened == make_png(6, 400, 200)


async def test_a_film_arrives_with_length_and_preview(cast: Cast) -> None:
    message, _ = await cast.send("clip.mp4", make_film(25))
    video = message["videoMessage"]
    assert (video["seconds"], video["width"], video["height"]) == (3, 64, 48)
    assert base64.b64decode(video["JPEGThumbnail"]).startswith(b"\xff\xd8")
    assert not video.get("gifPlayback", False)


async def test_a_gif_arrives_as_a_film_that_plays_as_one(cast: Cast) -> None:
    message, opened = await cast.send("wave.gif", make_moving("GIF", 8), MediaKind.GIF)
    video = message["videoMessage"]
    assert (video["gifPlayback"], video["mimetype"]) == (True, "video/mp4")
    assert opened[4:8] == b"ftyp"


async def test_real_clients_take_the_phones_answer_about_a_file(cast: Cast) -> None:
    """The client of the tests cannot ask, but it reads the answer, and complains of a bad one."""
    ada = cast.ada
    seen = len(ada.phone.inbox.entries())
    message, _ = await cast.send("asked.png", make_png(9))
    media_key = base64.b64decode(message["imageMessage"]["mediaKey"])
    await ada.settled()
    entry = await ada.phone.wait_for(lambda entry: entry.kind == "image", after=seen)
    key = MessageKey(chat=cast.wig.lid, sender=cast.wig.lid, id=entry.id)
    asked = retry_request(key, media_key, ada.pn, bytes(12))
    ada.phone.media.answer(Node("receipt", asked.attrs | {"from": ada.device}, asked.content))
    await ada.settled()
    path = message["imageMessage"]["directPath"]
    assert cast.stage.sandbox.media.find(path) is None, "it lies elsewhere now"
