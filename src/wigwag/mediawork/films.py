"""Film: size, length and preview; animated GIFs as the MP4 that WhatsApp plays as one.

Runs in the child only.
"""

# pyright: basic
# The types that PyAV brings are not whole.

import io
import math
from fractions import Fraction
from typing import BinaryIO, Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image

from wigwag.mediawork import pictures
from wigwag.mediawork.containers import duration_s, mime_of, opened
from wigwag.mediawork.job import Refused, Unreadable
from wigwag.mediawork.pictures import MAX_PIXELS, MAX_SIDE, PREVIEW_SIDE, preview
from wigwag.model.media import Prepared

MAX_PACKETS: Final = 500
"""Read at most before the first picture."""
MAX_GIF_FRAMES: Final = 1_500
MAX_GIF_S: Final = 60
GIF_SIDE: Final = 640
"""Pixels of the longer side of a GIF made into a film."""
_RATE: Final = Fraction(1, 1000)


def warm_up() -> None:
    """Make a film of a tiny GIF and look at it, so that everything that needs it is imported."""
    pictures.warm_up()
    dots = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    gif, film = io.BytesIO(), io.BytesIO()
    dots[0].save(gif, "GIF", save_all=True, append_images=dots[1:], duration=100)
    gif.seek(0)
    prepare_gif(gif, film)
    film.seek(0)
    prepare_video(film)


def prepare_video(source: BinaryIO) -> Prepared:
    """What is known of a film; the file stays as it is. Raises Unreadable, Refused."""
    mime = mime_of(source)
    with opened(source) as container:
        length_s = math.ceil(duration_s(container))
        _check(container)
        try:
            frame = _first(container)
            width, height = frame.width, frame.height
            turned = frame.rotation % 180 != 0
            thumbnail = _preview(frame)
        except (FFmpegError, ValueError) as error:
            raise Unreadable("The film is damaged.") from error
    if turned:
        width, height = height, width
    return Prepared(mime=mime, width=width, height=height, duration_s=length_s, thumbnail=thumbnail)


def prepare_gif(source: BinaryIO, target: BinaryIO) -> Prepared:
    """An animated GIF as a film without sound, written into `target`; a film stays as it is.

    Raises Unreadable, Refused.
    """
    if mime_of(source) != "image/gif":
        return prepare_video(source)
    with opened(source) as container:
        _check(container)
        try:
            return _film_of(container, target)
        except (FFmpegError, ValueError) as error:
            raise Unreadable("The GIF is damaged.") from error


def _check(container: InputContainer) -> None:
    if not container.streams.video:
        raise Unreadable("There is no picture in the file.")
    context = container.streams.video[0].codec_context
    context.thread_count = 1
    width, height = context.width, context.height
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Refused("The film has too many pixels.")


def _first(container: InputContainer) -> VideoFrame:
    for number, packet in enumerate(container.demux(container.streams.video[0])):
        for frame in packet.decode():
            return frame
        if number >= MAX_PACKETS:
            break
    raise Unreadable("There is no picture in the film.")


def _preview(frame: VideoFrame) -> bytes:
    scale = min(1.0, 2 * PREVIEW_SIDE / max(frame.width, frame.height))
    small = frame.to_image(
        width=max(1, round(frame.width * scale)), height=max(1, round(frame.height * scale))
    )
    return preview(small.rotate(frame.rotation, expand=True))


def _film_of(container: InputContainer, target: BinaryIO) -> Prepared:
    thumbnail = b""
    width = height = frames = 0
    end = Fraction(0)
    with av.open(target, "w", format="mp4") as film:
        track = film.add_stream("libx264", options={"crf": "26", "preset": "veryfast"})
        track.pix_fmt = "yuv420p"
        track.time_base = track.codec_context.time_base = _RATE
        track.codec_context.thread_count = 1
        for frame in container.decode(container.streams.video[0]):
            frames += 1
            at = Fraction(frame.pts or 0) * (frame.time_base or _RATE)
            if frames > MAX_GIF_FRAMES or at > MAX_GIF_S:
                raise Refused("The GIF has too many pictures or lasts too long.")
            if frames == 1:
                width, height = _even(frame.width, frame.height)
                track.width, track.height = width, height
                thumbnail = _preview(frame)
            shown = frame.reformat(width=width, height=height, format="yuv420p")
            shown.pts, shown.time_base = int(at / _RATE), _RATE
            film.mux(track.encode(shown))
            end = max(end, at)
        film.mux(track.encode(None))
    if not frames:
        raise Unreadable("There is no picture in the GIF.")
    return Prepared(
        mime="video/mp4",
        width=width,
        height=height,
        duration_s=max(1, math.ceil(end)),
        thumbnail=thumbnail,
        converted=True,
    )


def _even(width: int, height: int) -> tuple[int, int]:
    """A size that the codec takes: even, and not larger than needed."""
    scale = min(1.0, GIF_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
