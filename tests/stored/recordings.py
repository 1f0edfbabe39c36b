"""Sound, film and moving pictures made on the spot, by the libraries that are to read them."""

# pyright: basic
# The types that PyAV brings are not whole.

import io
import math
import struct
import zlib
from array import array
from fractions import Fraction
from typing import Any

import av
from av.audio.resampler import AudioResampler
from PIL import Image, ImageDraw

_SOUNDS = {
    "mp3": ("mp3", "libmp3lame"),
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "m4a": ("ipod", "aac"),
    "ogg vorbis": ("ogg", "vorbis"),
    "ogg opus": ("ogg", "libopus"),
}
SOUNDS = tuple(_SOUNDS)
"""Kinds of sound that can be made."""


def make_sound(kind: str, seconds: float = 1.0, *, layout: str = "stereo") -> bytes:
    """A tone that grows from silence to its loudest."""
    container, codec = _SOUNDS[kind]
    rate = 48_000
    count = int(seconds * rate)
    wave = array("h", (int(25_000 * n / count * math.sin(n * 0.06)) for n in range(count)))
    frame = av.AudioFrame(format="s16", layout="mono", samples=count)
    frame.sample_rate = rate
    frame.planes[0].update(wave.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as sound:
        more = {"strict": "experimental"} if codec == "vorbis" else {}
        track: Any = sound.add_stream(codec, rate=rate, layout=layout, options=more)
        size = track.codec_context.frame_size or 1024
        shaper = AudioResampler(track.codec_context.format.name, layout, rate, frame_size=size)
        for part in (*shaper.resample(frame), *shaper.resample(None)):
            part.pts = None
            sound.mux(track.encode(part))
        sound.mux(track.encode(None))
    return sink.getvalue()


def make_frames(count: int, width: int = 64, height: int = 48) -> list[Image.Image]:
    """Pictures of a square that moves, on nothing."""
    frames: list[Image.Image] = []
    for number in range(count):
        frame = Image.new("RGBA", (width, height), (0, 0, 0, 0))
        at = number % max(1, width - 8)
        ImageDraw.Draw(frame).rectangle((at, 8, at + 7, 15), fill=(200, 20, number % 256, 255))
        frames.append(frame)
    return frames


def make_moving(form: str, count: int = 4, width: int = 64, height: int = 48) -> bytes:
    """An animated GIF or WEBP, a tenth of a second a picture."""
    first, *others = make_frames(count, width, height)
    sink = io.BytesIO()
    first.save(sink, form, save_all=True, append_images=others, duration=100, loop=0, disposal=2)
    return sink.getvalue()


def make_film(count: int = 10, width: int = 64, height: int = 48) -> bytes:
    """An MP4 of ten pictures a second."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as film:
        track = film.add_stream("libx264", rate=10)
        track.width, track.height, track.pix_fmt = width, height, "yuv420p"
        track.time_base = Fraction(1, 10)
        for picture in make_frames(count, width, height):
            film.mux(track.encode(av.VideoFrame.from_image(picture.convert("RGB"))))
        film.mux(track.encode(None))
    return sink.getvalue()


def make_claiming_film(width: int, height: int) -> bytes:
    """An AVI of one small picture that claims to be of this size."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="avi") as film:
        track = film.add_stream("mjpeg", rate=5)
        track.width, track.height, track.pix_fmt = 16, 16, "yuvj420p"
        film.mux(track.encode(av.VideoFrame(16, 16, "yuvj420p")))
        film.mux(track.encode(None))
    data = bytearray(sink.getvalue())
    at = data.index(b"strf") + 12
    data[at : at + 8] = struct.pack("<ii", width, height)
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def make_claiming_picture(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that claims this size; `chunks` come between its head and its end."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
