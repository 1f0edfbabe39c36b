"""Binary XML under any node and any bytes."""

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from wigwag.model.jid import Jid
from wigwag.wire.errors import MalformedFrame, MalformedNode
from wigwag.wire.frames import WA_HEADER, FrameReader, encode_frame
from wigwag.wire.nodes import AttrValue, Node, NodeContent, decode_node, encode_node
from wigwag.wire.tokens import DOUBLE_INDEX, SINGLE_INDEX

few = settings(max_examples=40, deadline=None)
TOKENS = (*SINGLE_INDEX, *DOUBLE_INDEX)

users = st.from_regex(r"[0-9]{1,20}|[0-9A-F]{1,24}|[0-9A-Za-z._\-]{1,64}", fullmatch=True)
bytes_devices = st.integers(0, 255)
any_devices = st.integers(0, 65535)


def interop(user: str, integrator: int, device: int) -> Jid:
    return Jid(f"{integrator}-{user[:58]}", "interop", device)


jids = st.one_of(
    st.builds(Jid, users, st.sampled_from(("s.whatsapp.net", "lid")), bytes_devices),
    st.builds(Jid, users, st.sampled_from(("hosted", "hosted.lid")), bytes_devices),
    st.builds(Jid, users, st.sampled_from(("g.us", "broadcast", "newsletter", "c.us", "bot"))),
    st.builds(Jid, st.just(""), st.sampled_from(("s.whatsapp.net", "g.us", "lid"))),
    st.builds(Jid, users, st.just("msgr"), any_devices),
    st.builds(interop, users, any_devices, any_devices),
)
strings = st.one_of(
    st.integers(0, len(TOKENS) - 1).map(TOKENS.__getitem__),
    st.from_regex(r"[0-9.\-]{1,130}", fullmatch=True),
    st.from_regex(r"[0-9A-F]{1,130}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
values: st.SearchStrategy[AttrValue] = st.one_of(strings, jids)
leaves: st.SearchStrategy[NodeContent] = st.one_of(st.none(), st.binary(max_size=600))


def nodes(content: st.SearchStrategy[NodeContent]) -> st.SearchStrategy[Node]:
    return st.builds(Node, strings, st.dictionaries(strings, values, max_size=5), content)


trees = st.recursive(
    nodes(leaves),
    lambda children: nodes(st.lists(children, min_size=1, max_size=4)),
    max_leaves=10,
)


@few
@given(trees)
def test_what_is_written_is_read(node: Node):
    assert decode_node(encode_node(node)) == node


@few
@given(trees)
def test_attributes_keep_their_order_and_type(node: Node):
    read = decode_node(encode_node(node))
    assert list(read.attrs.items()) == list(node.attrs.items())


@few
@given(trees)
def test_a_compressed_stanza_reads_the_same(node: Node):
    plain = encode_node(node)
    assert decode_node(b"\x02" + zlib.compress(plain[1:])) == node


@few
@given(st.binary(max_size=200))
def test_any_bytes_are_a_node_or_malformed(data: bytes):
    decode_or_refuse(data)


@settings(few, max_examples=120)
@given(trees, st.data())
def test_a_damaged_stanza_is_a_node_or_malformed(node: Node, data: st.DataObject):
    written = bytearray(encode_node(node))
    for _ in range(data.draw(st.integers(1, 4))):
        written[data.draw(st.integers(0, len(written) - 1))] = data.draw(st.integers(0, 255))
    decode_or_refuse(bytes(written))


@few
@given(trees, st.data())
def test_a_stanza_cut_short_is_malformed(node: Node, data: st.DataObject):
    written = encode_node(node)
    cut = written[: data.draw(st.integers(0, len(written) - 1))]
    try:
        decode_node(cut)
    except MalformedNode:
        return
    raise AssertionError("a stanza cut short was read")


def decode_or_refuse(data: bytes) -> None:
    """What can be read at all can be written, and is then read as the same."""
    try:
        node = decode_node(data)
    except MalformedNode:
        return
    assert decode_node(encode_node(node)) == node


@few
@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(1, 40)))
def test_frames_survive_any_splitting(frames: list[bytes], steps: list[int]):
    stream = WA_HEADER + b"".join(map(encode_frame, frames))
    reader = FrameReader(100, header=WA_HEADER)
    read: list[bytes] = []
    for step in [*steps, len(stream)]:
        read += reader.feed(stream[:step])
        stream = stream[step:]
    assert read == frames


@few
@given(st.lists(st.binary(max_size=60)))
def test_any_stream_is_frames_or_malformed(chunks: list[bytes]):
    reader = FrameReader(1000)
    try:
        for chunk in chunks:
            assert all(len(frame) <= 1000 for frame in reader.feed(chunk))
    except MalformedFrame:
        return
