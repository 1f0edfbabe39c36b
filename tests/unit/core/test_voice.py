"""Voice notes, measured without a codec."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stored.ogg import HEAD, TAGS, opus, page
from wigwag.core import voice
from wigwag.core.voice import FLAT, POINTS, read_voice_note, waveform_of


@pytest.mark.parametrize(("packets", "seconds"), [(1, 1), (50, 1), (51, 2), (500, 10), (3000, 60)])
def test_the_length_is_that_of_the_samples(packets: int, seconds: int) -> None:
    note = read_voice_note(io.BytesIO(opus([40] * packets)))
    assert note is not None
    assert (note.duration_s, note.waveform) == (seconds, FLAT)


def test_the_waveform_follows_the_packets() -> None:
    note = read_voice_note(io.BytesIO(opus([20] * 320 + [200] * 320)))
    assert note is not None
    assert len(note.waveform) == POINTS
    assert note.waveform == bytes([0] * 32 + [100] * 32)


def test_a_file_too_large_to_walk_still_has_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "MAX_WALKED", 2000)
    note = read_voice_note(io.BytesIO(opus([100] * 1000)))
    assert note is not None
    assert note.duration_s == 20


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OggS",
        b"ID3\x03",
        page([b"\x01vorbis" + b"\0" * 30], 0, 0, 2),
        page([HEAD[:9]], 0, 0, 2),
        b"OggX" + opus([10])[4:],
    ],
)
def test_what_is_no_ogg_opus_is_none(data: bytes) -> None:
    assert read_voice_note(io.BytesIO(data)) is None


def test_a_head_alone_is_a_second() -> None:
    note = read_voice_note(io.BytesIO(page([HEAD], 0, 0, 2) + page([TAGS], 0, 1)))
    assert note is not None
    assert (note.duration_s, note.waveform) == (1, FLAT)


def test_an_absurd_length_is_capped() -> None:
    data = page([HEAD], 0, 0, 2) + page([TAGS], 0, 1) + page([b"x"], 2**62, 2)
    note = read_voice_note(io.BytesIO(data))
    assert note is not None
    assert note.duration_s == 86_400


@given(st.binary(max_size=300), st.integers(0, 400))
def test_garbage_raises_nothing(tail: bytes, cut: int) -> None:
    data = opus([30, 40, 50])
    read_voice_note(io.BytesIO(data[:cut] + tail))


@given(st.lists(st.integers(0, 5000), max_size=300))
def test_a_waveform_has_64_points_of_0_to_100(sizes: list[int]) -> None:
    points = waveform_of(sizes)
    assert len(points) == POINTS
    assert max(points) <= 100
