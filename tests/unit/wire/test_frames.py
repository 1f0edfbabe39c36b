"""Frames."""

import pytest

from wigwag.wire.errors import MalformedFrame
from wigwag.wire.frames import MAX_FRAME_BYTES, WA_HEADER, FrameReader, encode_frame


def test_a_frame_is_its_length_in_three_bytes_and_the_data():
    assert encode_frame(b"abc") == b"\x00\x00\x03abc"
    assert encode_frame(b"x" * 70000)[:3] == b"\x01\x11\x70"


def test_the_header_says_version_6_and_dictionary_3():
    assert bytes.fromhex("57410603") == WA_HEADER


def test_a_frame_too_long_for_its_length_is_refused():
    with pytest.raises(MalformedFrame):
        encode_frame(bytes(MAX_FRAME_BYTES + 1))


def test_one_message_with_one_frame_is_one_frame():
    reader = FrameReader()
    assert reader.feed(encode_frame(b"one")) == [b"one"]
    assert reader.feed(encode_frame(b"two")) == [b"two"]


def test_several_frames_in_one_message_come_in_order():
    stream = b"".join(map(encode_frame, (b"a", b"", b"ccc")))
    assert FrameReader().feed(stream) == [b"a", b"", b"ccc"]


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8])
def test_however_the_stream_is_split_the_frames_are_the_same(step: int):
    frames = [b"first", b"", b"second" * 40, b"3"]
    stream = WA_HEADER + b"".join(map(encode_frame, frames))
    reader = FrameReader(1000, header=WA_HEADER)
    read = [
        frame
        for start in range(0, len(stream), step)
        for frame in reader.feed(stream[start : start + step])
    ]
    assert read == frames


def test_nothing_is_read_from_nothing():
    assert FrameReader().feed(b"") == []
    assert FrameReader(header=WA_HEADER).feed(b"") == []


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1", b"WA\x05\x03", b"\x00", b"WAX"])
def test_a_stream_that_does_not_start_with_the_header_is_refused(start: bytes):
    with pytest.raises(MalformedFrame):
        FrameReader(header=WA_HEADER).feed(start)


def test_a_frame_above_the_limit_is_refused_as_soon_as_its_length_is_known():
    reader = FrameReader(10)
    assert reader.feed(encode_frame(b"0123456789")) == [b"0123456789"]
    with pytest.raises(MalformedFrame):
        reader.feed(b"\x00\x00\x0b")
    with pytest.raises(MalformedFrame):
        FrameReader(10).feed(encode_frame(b"0123456789A"))
