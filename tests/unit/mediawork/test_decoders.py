"""What the child finds out about files and makes of them; in this process, for files of our own."""

import io

import pytest
from PIL import Image

from stored.recordings import SOUNDS, make_film, make_frames, make_moving, make_sound
from wigwag.core.voice import read_voice_note
from wigwag.mediawork.films import prepare_gif, prepare_video
from wigwag.mediawork.job import Refused, Unreadable
from wigwag.mediawork.pictures import prepare_picture
from wigwag.mediawork.sounds import prepare_audio, prepare_voice
from wigwag.mediawork.stickers import ANIMATED_BYTES, STATIC_BYTES, prepare_sticker
from wigwag.sandbox.samples import make_jpeg, make_png


def picture_bytes(form: str, size: tuple[int, int] = (300, 200), **more: object) -> bytes:
    sink = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(sink, form, **more)
    return sink.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_has_a_size_and_a_preview(form: str) -> None:
    made = prepare_picture(io.BytesIO(picture_bytes(form)))
    assert (made.mime, made.width, made.height) == (f"image/{form.lower()}", 300, 200)
    small = Image.open(io.BytesIO(made.thumbnail))
    assert (small.format, small.size) == ("JPEG", (100, 67))


@pytest.mark.parametrize("data", [make_png(1), make_jpeg(1)])
def test_a_small_picture_is_not_blown_up(data: bytes) -> None:
    made = prepare_picture(io.BytesIO(data))
    assert Image.open(io.BytesIO(made.thumbnail)).size == (made.width, made.height) == (48, 32)


def test_a_picture_that_was_taken_sideways_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = prepare_picture(io.BytesIO(picture_bytes("JPEG", exif=exif)))
    assert (made.width, made.height) == (200, 300)
    assert Image.open(io.BytesIO(made.thumbnail)).size == (67, 100)


def test_what_is_transparent_is_white_in_a_preview() -> None:
    sink = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(sink, "PNG")
    small = Image.open(io.BytesIO(prepare_picture(sink).thumbnail))
    assert small.getpixel((25, 25)) == (255, 255, 255)


def test_a_sticker_is_a_square_with_transparent_edges() -> None:
    target = io.BytesIO()
    made = prepare_sticker(io.BytesIO(picture_bytes("PNG", (400, 200))), target)
    assert (made.mime, made.width, made.height) == ("image/webp", 512, 512)
    assert (made.converted, made.animated) == (True, False)
    sticker = Image.open(target)
    assert (sticker.format, sticker.size, sticker.mode) == ("WEBP", (512, 512), "RGBA")
    assert sticker.getpixel((256, 10))[3] == 0  # pyright: ignore
    assert sticker.getpixel((256, 256))[3] == 255  # pyright: ignore
    assert len(target.getvalue()) <= STATIC_BYTES


def test_a_sticker_that_fits_passes_untouched() -> None:
    first, target = io.BytesIO(), io.BytesIO()
    prepare_sticker(io.BytesIO(picture_bytes("JPEG")), first)
    made = prepare_sticker(first, target)
    assert (made.converted, target.getvalue()) == (False, b"")


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_a_sticker_that_moves_goes_on_moving(form: str) -> None:
    target = io.BytesIO()
    made = prepare_sticker(io.BytesIO(make_moving(form)), target)
    assert (made.animated, made.converted) == (True, True)
    sticker = Image.open(target)
    assert (sticker.size, getattr(sticker, "n_frames", 1)) == ((512, 512), 4)
    assert len(target.getvalue()) <= ANIMATED_BYTES
    again = prepare_sticker(target, io.BytesIO())
    assert (again.animated, again.converted) == (True, False)


def test_a_film_has_size_length_and_preview() -> None:
    made = prepare_video(io.BytesIO(make_film(15)))
    assert (made.mime, made.width, made.height, made.duration_s) == ("video/mp4", 64, 48, 2)
    assert Image.open(io.BytesIO(made.thumbnail)).size == (64, 48)
    assert not made.converted


def test_a_gif_becomes_a_film_of_the_same_length() -> None:
    target = io.BytesIO()
    made = prepare_gif(io.BytesIO(make_moving("GIF", 12, 61, 47)), target)
    assert (made.mime, made.converted, made.duration_s) == ("video/mp4", True, 2)
    film = prepare_video(target)
    assert (film.width, film.height) == (made.width, made.height) == (60, 48)
    assert abs(film.duration_s - made.duration_s) <= 1


def test_a_film_sent_as_a_gif_stays_as_it_is() -> None:
    assert not prepare_gif(io.BytesIO(make_film()), io.BytesIO()).converted


@pytest.mark.parametrize("kind", SOUNDS)
def test_any_sound_becomes_a_voice_note(kind: str) -> None:
    target = io.BytesIO()
    made = prepare_voice(io.BytesIO(make_sound(kind)), target)
    assert (made.mime, made.converted) == ("audio/ogg; codecs=opus", True)
    assert 1 <= made.duration_s <= 2
    target.seek(0)
    note = read_voice_note(target)
    assert note is not None
    assert (note.channels, note.duration_s) == (1, made.duration_s)
    assert len(made.waveform) == 64
    assert made.waveform[:4] < made.waveform[40:44] <= bytes([100]) * 4
    assert abs(made.waveform[32] - 50) < 15, "the tone grows evenly"


def test_a_voice_note_passes_untouched_and_is_drawn_from_its_samples() -> None:
    target = io.BytesIO()
    made = prepare_voice(io.BytesIO(make_sound("ogg opus", layout="mono")), target)
    assert (made.converted, target.getvalue()) == (False, b"")
    assert abs(made.waveform[32] - 50) < 15


@pytest.mark.parametrize("kind", SOUNDS)
def test_a_sound_has_a_length(kind: str) -> None:
    made = prepare_audio(io.BytesIO(make_sound(kind, 1.5)))
    assert made.duration_s in (1, 2)
    assert made.mime.startswith("audio/")
    assert not made.converted


@pytest.mark.parametrize(
    ("prepare", "data"),
    [
        (prepare_picture, b""),
        (prepare_picture, b"no picture"),
        (prepare_picture, picture_bytes("JPEG")[:900]),
        (prepare_picture, picture_bytes("PNG")[:900]),
        (prepare_audio, b"#EXTM3U\nhttp://localhost/x"),
        (prepare_audio, make_sound("wav")[:30]),
        (prepare_video, make_film()[:500]),
        (prepare_video, make_sound("m4a")),
        (prepare_video, b"ffconcat version 1.0\nfile /etc/passwd"),
    ],
)
def test_what_cannot_be_read_says_so(prepare: object, data: bytes) -> None:
    with pytest.raises(Unreadable):
        prepare(io.BytesIO(data))  # pyright: ignore


@pytest.mark.parametrize("prepare", [prepare_sticker, prepare_gif, prepare_voice])
def test_what_cannot_be_converted_says_so(prepare: object) -> None:
    for data in (b"", b"nothing", make_film()[:500], make_sound("mp3")[:20]):
        with pytest.raises(Unreadable):
            prepare(io.BytesIO(data), io.BytesIO())  # pyright: ignore


def test_a_film_without_end_is_refused() -> None:
    film = bytearray(make_film())
    for box in (b"mvhd", b"mdhd"):  # ticks of a second, and ten days of them
        at = film.index(box) + 16
        film[at : at + 8] = (1).to_bytes(4) + (864_000).to_bytes(4)
    shown = film.index(b"stts") + 16  # how long each picture is shown
    film[shown : shown + 4] = (2**31 - 1).to_bytes(4)
    at = film.index(b"elst")
    film[at : at + 4] = b"free"
    with pytest.raises(Refused, match="24 hours"):
        prepare_video(io.BytesIO(bytes(film)))


def test_a_sound_without_end_is_refused() -> None:
    sound = bytearray(make_sound("flac"))
    sound[22:26] = b"\xff" * 4  # how many samples there are (RFC 9639, 8.2)
    with pytest.raises(Refused, match="24 hours"):
        prepare_audio(io.BytesIO(bytes(sound)))
    with pytest.raises(Refused, match="2 hours"):
        prepare_voice(io.BytesIO(bytes(sound)), io.BytesIO())


def test_frames_are_as_many_as_asked_for() -> None:
    assert len(make_frames(3)) == 3
