"""Stanzas and frames."""

import zlib

from fuzz.mutation import mutate_node
from fuzz.target import Target
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.errors import MalformedFrame, MalformedNode
from wigwag.wire.frames import WA_HEADER, FrameReader, encode_frame
from wigwag.wire.nodes import Node, decode_node, encode_node

_FRAME_LIMIT = 1_000


def read_node(data: bytes) -> None:
    """What can be read can be written, and is then read as the same."""
    node = decode_node(data)
    written = encode_node(node)
    assert decode_node(written) == node
    repr(node).encode()


def read_inflated(data: bytes) -> None:
    read_node(b"\x02" + zlib.compress(data))


def read_frames(data: bytes) -> None:
    """However the stream is split, the frames are the same, and none is above the limit."""
    step = data[0] % 16 + 1 if data else 1
    whole = FrameReader(_FRAME_LIMIT, header=WA_HEADER).feed(data)
    reader = FrameReader(_FRAME_LIMIT, header=WA_HEADER)
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    assert [frame for piece in pieces for frame in reader.feed(piece)] == whole
    assert all(len(frame) <= _FRAME_LIMIT for frame in whole)


def seeds() -> list[bytes]:
    person = Jid("15550000002", "s.whatsapp.net", 3)
    leaf = Node("item", {"value": "0123456789-.", "id": "3EB0ABCDEF"}, b"\x05" + bytes(300))
    nodes = [
        Node("message", {"from": person, "participant": Jid("1", "hosted.lid", 9)}, [leaf, leaf]),
        Node("iq", {"from": SERVER_JID, "type": "result"}, [Node("list", {}, [leaf] * 20)]),
        Node("receipt", {"to": Jid("22-33", "interop", 500), "t": "é"}, "text"),
        Node("ib", {"from": Jid("7", "msgr", 600)}),
    ]
    return [encode_node(node) for node in nodes]


def frame_seeds() -> list[bytes]:
    return [WA_HEADER + encode_frame(b"a" * 9) + encode_frame(b"") + encode_frame(b"b" * 999)]


TARGETS = (
    Target("node", read_node, seeds, (MalformedNode,), mutate_node),
    Target("inflated", read_inflated, lambda: [s[1:] for s in seeds()], (MalformedNode,)),
    Target("frames", read_frames, frame_seeds, (MalformedFrame,)),
)
