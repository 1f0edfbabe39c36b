"""Stickers: WebP of 512 x 512 pixels on a transparent ground. Runs in the child only.

WhatsApp takes at most 100 kB, of an animated one 500 kB, and ten seconds of movement; quality and
then pictures are given up until a sticker fits.
"""

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

from PIL import Image, ImageSequence

from wigwag.mediawork.job import Refused, Unreadable
from wigwag.mediawork.pictures import open_picture, warm_up
from wigwag.model.media import Prepared

__all__ = ["prepare_sticker", "warm_up"]

SIDE: Final = 512
STATIC_BYTES: Final = 100_000
ANIMATED_BYTES: Final = 500_000
MAX_FRAMES: Final = 300
LONGEST_MS: Final = 10_000
MIME: Final = "image/webp"
_SHORTEST_MS: Final = 8
_USUAL_MS: Final = 100
_QUALITIES: Final = (85, 70, 50, 30, 15, 5)
_ANIMATED_TRIES: Final = ((1, 75), (1, 40), (1, 15), (2, 25), (4, 10))
"""Every how many-th picture is kept, and in what quality."""


class Frame(NamedTuple):
    picture: Image.Image
    duration_ms: int


def prepare_sticker(source: BinaryIO, target: BinaryIO) -> Prepared:
    """A sticker of any picture, written into `target` unless it is one already.

    Raises Unreadable, Refused.
    """
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    with open_picture(source) as picture:
        try:
            count = int(getattr(picture, "n_frames", 1))
            if count > MAX_FRAMES:
                raise Refused(f"The sticker has more than {MAX_FRAMES} pictures.")
            animated = count > 1
            limit = ANIMATED_BYTES if animated else STATIC_BYTES
            if picture.format == "WEBP" and picture.size == (SIDE, SIDE) and size <= limit:
                picture.load()
                return _prepared(animated=animated, converted=False)
            data = _animated(picture) if animated else _static(picture)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Unreadable("The picture is damaged.") from error
    target.write(data)
    return _prepared(animated=animated, converted=True)


def _prepared(*, animated: bool, converted: bool) -> Prepared:
    return Prepared(mime=MIME, width=SIDE, height=SIDE, animated=animated, converted=converted)


def _static(picture: Image.Image) -> bytes:
    placed = _placed(picture)
    for quality in _QUALITIES:
        sink = io.BytesIO()
        placed.save(sink, "WEBP", quality=quality, method=4)
        if sink.tell() <= STATIC_BYTES:
            return sink.getvalue()
    raise Refused(f"The sticker does not fit into {STATIC_BYTES // 1000} kB.")


def _animated(picture: Image.Image) -> bytes:
    frames = list(_frames(picture))
    for step, quality in _ANIMATED_TRIES:
        data = _film(_thinned(frames, step), quality)
        if len(data) <= ANIMATED_BYTES:
            return data
    raise Refused(f"The sticker does not fit into {ANIMATED_BYTES // 1000} kB.")


def _frames(picture: Image.Image) -> Iterator[Frame]:
    """The pictures of an animation, as far as a sticker may last."""
    shown_ms = 0
    for picked in ImageSequence.Iterator(picture):
        duration = int(picked.info.get("duration", 0) or _USUAL_MS)
        duration = max(_SHORTEST_MS, min(duration, LONGEST_MS - shown_ms))
        yield Frame(_placed(picked), duration)
        shown_ms += duration
        if shown_ms >= LONGEST_MS:
            return


def _thinned(frames: Sequence[Frame], step: int) -> list[Frame]:
    """Every step-th picture, each shown as long as those it stands for."""
    return [
        Frame(frames[at].picture, sum(frame.duration_ms for frame in frames[at : at + step]))
        for at in range(0, len(frames), step)
    ]


def _film(frames: Sequence[Frame], quality: int) -> bytes:
    sink = io.BytesIO()
    first, *others = (frame.picture for frame in frames)
    first.save(
        sink,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=[frame.duration_ms for frame in frames],
        loop=0,
        quality=quality,
        method=2,
        background=(0, 0, 0, 0),
    )
    return sink.getvalue()


def _placed(picture: Image.Image) -> Image.Image:
    """The picture in the middle of a transparent square, as large as fits."""
    shown = picture.convert("RGBA")
    scale = SIDE / max(shown.size)
    width, height = (max(1, round(side * scale)) for side in shown.size)
    if (width, height) != shown.size:
        shown = shown.resize(  # pyright: ignore[reportUnknownMemberType] - numpy is not here
            (width, height), Image.Resampling.LANCZOS
        )
    ground = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    ground.paste(shown, ((SIDE - width) // 2, (SIDE - height) // 2))
    return ground
