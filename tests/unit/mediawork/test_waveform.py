"""The shape of a sound, out of its samples."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from wigwag.mediawork.waveform import BLOCK, POINTS, STEP, Loudness, waveform_of


def levels_of(samples: "array[int]", piece: int) -> list[int]:
    loudness = Loudness()
    for start in range(0, len(samples), piece):
        loudness.add(samples[start : start + piece].tobytes())
    return list(loudness.finish())


def test_it_follows_the_sound() -> None:
    quiet, loud = array("h", [100, -100] * 48_000), array("h", [20_000, -20_000] * 48_000)
    shape = waveform_of(levels_of(quiet + loud, 960))
    assert len(shape) == POINTS
    assert set(shape[: POINTS // 2 - 1]) == {0, 1} or set(shape[: POINTS // 2 - 1]) == {0}
    assert set(shape[POINTS // 2 + 1 :]) == {100}


def test_silence_is_flat_and_nothing_is_silence() -> None:
    assert waveform_of(levels_of(array("h", bytes(9_600)), 960)) == bytes(POINTS)
    assert waveform_of([]) == bytes(POINTS)


def test_a_moment_is_drawn_too() -> None:
    assert set(waveform_of([7])) == {100}


@given(st.integers(1, 4 * STEP * BLOCK).map(lambda n: array("h", [1000]) * n))
def test_the_pieces_that_it_comes_in_do_not_matter(samples: "array[int]") -> None:
    whole = levels_of(samples, len(samples))
    assert levels_of(samples, 20 * STEP) == whole
    assert all(level == 1000 for level in whole)


@given(st.lists(st.integers(0, 65_535), max_size=300))
def test_it_is_always_64_points_up_to_100(levels: list[int]) -> None:
    shape = waveform_of(levels)
    assert len(shape) == POINTS
    assert max(shape) == (100 if len(levels) >= POINTS and any(levels) else max(shape)) <= 100
