"""The child process: what it is given, what it may take, and that it always ends."""

import asyncio
import os
import random
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import until
from stored.recordings import (
    make_claiming_film,
    make_claiming_picture,
    make_film,
    make_moving,
    make_sound,
)
from wigwag.config import child_environment
from wigwag.mediawork.job import LIMITS, Limits
from wigwag.mediawork.workshop import Workshop
from wigwag.model.content import MediaKind
from wigwag.model.errors import MediaRefused, MediaToolMissing, MediaUnreadable
from wigwag.model.media import Prepared
from wigwag.sandbox.samples import make_jpeg, make_png

HERE = child_environment({"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")


class Bench:
    """A workshop with its folder; `children` are the processes it started."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.children: list[asyncio.subprocess.Process] = []
        start = asyncio.create_subprocess_exec

        async def noting(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
            child = await start(*arguments, **options)
            self.children.append(child)
            return child

        monkeypatch.setattr(asyncio, "create_subprocess_exec", noting)

    async def prepare(
        self, data: bytes, kind: MediaKind, limits: Limits | None = None, **environment: str
    ) -> Prepared:
        source, target = self.folder / "source", self.folder / "target"
        source.write_bytes(data)
        target.write_bytes(b"")
        chosen = LIMITS if limits is None else {kind: limits}
        return await Workshop(HERE | environment, limits=chosen).prepare(source, target, kind)

    @property
    def made(self) -> bytes:
        return (self.folder / "target").read_bytes()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def jpeg(width: int, height: int) -> bytes:
    """A JPEG that claims this size."""
    data = bytearray(make_jpeg(1))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def gif(frames: int) -> bytes:
    """A GIF of so many pictures of one pixel."""
    picture = b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + picture * frames + b"\x3b"


BOMBS: dict[str, tuple[MediaKind, bytes]] = {
    "png of 50,000 x 50,000": (
        MediaKind.IMAGE,
        make_claiming_picture(50_000, 50_000, (b"IDAT", b"x" * 90)),
    ),
    "png one pixel high": (
        MediaKind.IMAGE,
        make_claiming_picture(2**31 - 1, 1, (b"IDAT", b"x" * 90)),
    ),
    "jpeg of 65,000 x 65,000": (MediaKind.IMAGE, jpeg(65_000, 65_000)),
    "png as a sticker": (
        MediaKind.STICKER,
        make_claiming_picture(50_000, 50_000, (b"IDAT", b"x" * 90)),
    ),
    "sticker of 5,000 pictures": (MediaKind.STICKER, gif(5_000)),
    "gif of 1,600 pictures": (MediaKind.GIF, make_moving("GIF", 1_600, 16, 16)),
    "film of 12,000 x 10,000": (MediaKind.VIDEO, make_claiming_film(12_000, 10_000)),
}
INFLATED = zlib.compress(bytes(200_000_000), 9)
DAMAGED: dict[str, tuple[MediaKind, bytes]] = {
    "inflating text": (
        MediaKind.IMAGE,
        make_claiming_picture(8, 8, (b"zTXt", b"Comment\0\0" + INFLATED), (b"IDAT", b"x")),
    ),
    "half a sticker": (MediaKind.STICKER, make_moving("WEBP")[:300]),
    "half a film": (MediaKind.VIDEO, make_film()[:700]),
    "a playlist": (MediaKind.VIDEO, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
    "another file in front": (MediaKind.VOICE, make_jpeg(1) + make_sound("mp3", 0.2)),
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused(bench: Bench, name: str) -> None:
    kind, data = BOMBS[name]
    with pytest.raises(MediaRefused):
        await bench.prepare(data, kind)


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_trap_is_nothing_to_read(bench: Bench, name: str) -> None:
    kind, data = DAMAGED[name]
    with pytest.raises(MediaUnreadable):
        await bench.prepare(data, kind)


async def test_more_pixels_than_a_picture_has_are_not_inflated(bench: Bench) -> None:
    data = make_claiming_picture(8, 8, (b"IDAT", INFLATED))
    limits = Limits(memory_bytes=150 * 2**20, target_bytes=2**20)
    assert (await bench.prepare(data, MediaKind.STICKER, limits)).converted


async def test_what_it_finds_out_comes_back(bench: Bench) -> None:
    made = await bench.prepare(make_png(1), MediaKind.IMAGE)
    assert (made.mime, made.width, made.height) == ("image/png", 48, 32)
    assert made.thumbnail.startswith(b"\xff\xd8")
    made = await bench.prepare(make_sound("mp3"), MediaKind.VOICE)
    assert (made.converted, bench.made[:4], len(made.waveform)) == (True, b"OggS", 64)
    made = await bench.prepare(make_moving("GIF"), MediaKind.GIF)
    assert (made.converted, bench.made[4:8]) == (True, b"ftyp")
    made = await bench.prepare(make_film(), MediaKind.VIDEO)
    assert made.thumbnail
    assert await bench.prepare(b"anything", MediaKind.DOCUMENT) == Prepared()
    assert [child.returncode for child in bench.children] == [0] * 4


async def test_who_takes_too_long_is_ended(bench: Bench) -> None:
    with pytest.raises(MediaRefused, match="too long"):
        await bench.prepare(make_png(1), MediaKind.IMAGE, Limits(wall_s=0.05))
    assert bench.children[0].returncode is not None


@on_linux
async def test_who_takes_too_much_memory_is_refused(bench: Bench) -> None:
    rows = zlib.compress(bytes(6_000 * (6_000 * 3 + 1)), 1)
    limits = Limits(memory_bytes=100 * 2**20)
    with pytest.raises(MediaRefused, match="memory"):
        await bench.prepare(
            make_claiming_picture(6_000, 6_000, (b"IDAT", rows)), MediaKind.IMAGE, limits
        )


async def test_a_file_over_the_limit_is_not_read(bench: Bench) -> None:
    with pytest.raises(MediaRefused, match="larger"):
        await bench.prepare(make_png(1), MediaKind.IMAGE, Limits(source_bytes=100))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
async def test_what_becomes_too_large_is_refused(bench: Bench) -> None:
    with pytest.raises(MediaUnreadable):
        await bench.prepare(make_sound("wav"), MediaKind.VOICE, Limits(target_bytes=500))


async def test_a_caller_who_goes_away_leaves_no_child(bench: Bench) -> None:
    working = asyncio.create_task(bench.prepare(make_png(1), MediaKind.IMAGE))
    await until(lambda: bench.children)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert bench.children[0].returncode is not None


async def test_without_the_libraries_it_says_what_to_install(bench: Bench, tmp_path: Path) -> None:
    for name in ("PIL", "av"):
        (tmp_path / "without" / name).mkdir(parents=True)
        (tmp_path / "without" / name / "__init__.py").write_text("raise ImportError('none')")
    path = f"{tmp_path / 'without'}{os.pathsep}{HERE['PYTHONPATH']}"
    for kind in (MediaKind.STICKER, MediaKind.VOICE):
        with pytest.raises(MediaToolMissing, match="pip install"):
            await bench.prepare(make_png(1), kind, PYTHONPATH=path)


async def test_a_child_that_falls_over_is_a_refusal(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "broken" / "PIL").mkdir(parents=True)
    (tmp_path / "broken" / "PIL" / "__init__.py").write_text("import os; os.abort()")
    path = f"{tmp_path / 'broken'}{os.pathsep}{HERE['PYTHONPATH']}"
    with pytest.raises(MediaRefused, match="safely"):
        await bench.prepare(make_png(1), MediaKind.IMAGE, PYTHONPATH=path)


async def test_only_some_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop({}, at_once=2)
    running = most = 0

    async def run(_job: object) -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        from wigwag.mediawork.job import Outcome

        return Outcome(prepared=Prepared())

    monkeypatch.setattr(workshop, "_run", run)
    prepare: Callable[[], Awaitable[Prepared]] = lambda: workshop.prepare(  # noqa: E731
        tmp_path, tmp_path, MediaKind.IMAGE
    )
    await asyncio.gather(*(prepare() for _ in range(9)))
    assert most == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
async def test_the_door_is_closed_before_the_work_begins() -> None:
    code = """if True:
        import resource, socket
        from wigwag.mediawork.confinement import close_the_door, confine
        from wigwag.mediawork.job import Limits
        confine(Limits(cpu_s=7, target_bytes=9))
        close_the_door()
        for attempt in (lambda: socket.socket(), lambda: open("/etc/passwd")):
            try:
                attempt()
            except OSError as error:
                print(error.errno)
        print(resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_FSIZE))
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, env=HERE
    )
    told, _ = await child.communicate()
    assert told.decode().split("\n")[:3] == ["24", "24", "(7, 7) (9, 9)"]


def test_a_child_is_told_no_secret() -> None:
    told = child_environment({"WIGWAG_API_KEY": "secret", "HOME": "/home/me", "PATH": "/bin"})
    assert told == {"PATH": "/bin", "MALLOC_ARENA_MAX": "2"}


SEEDS: dict[MediaKind, Callable[[], bytes]] = {
    MediaKind.IMAGE: lambda: make_jpeg(1),
    MediaKind.STICKER: lambda: make_moving("WEBP"),
    MediaKind.GIF: lambda: make_moving("GIF"),
    MediaKind.VIDEO: make_film,
    MediaKind.VOICE: lambda: make_sound("ogg opus", 0.2),
}


async def fuzz(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    kind = list(SEEDS)[seed % len(SEEDS)]
    data = bytearray(SEEDS[kind]())
    for _ in range(chance.randrange(1, 30)):
        # Most of what steers a decoder stands at the beginning.
        at = chance.randrange(min(len(data), chance.choice((64, 600, len(data)))))
        data[at] = chance.randrange(256)
    if chance.random() < 0.3:
        del data[chance.randrange(len(data)) :]
    with suppress(MediaUnreadable):
        await bench.prepare(bytes(data), kind)
    assert all(child.returncode is not None for child in bench.children)


@pytest.mark.parametrize("seed", range(5))
async def test_files_with_errors_end_as_files_or_refusals(bench: Bench, seed: int) -> None:
    await fuzz(bench, seed)


@pytest.mark.soak
async def test_many_files_with_errors(bench: Bench) -> None:
    for seed in range(5, 1_000):
        await fuzz(bench, seed)
