"""Binary XML, byte by byte: every example is put together by hand from the format's table."""

import tracemalloc
import zlib

import pytest

from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire import node_decoder
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import (
    MAX_DEPTH,
    MAX_INFLATED_BYTES,
    Node,
    decode_node,
    encode_node,
    starts_with_tag,
)
from wigwag.wire.tokens import DOUBLE_INDEX, SINGLE_INDEX

MESSAGE = f"{SINGLE_INDEX['message']:02x}"
FROM = f"{SINGLE_INDEX['from']:02x}"
ID = f"{SINGLE_INDEX['id']:02x}"
IQ = f"{SINGLE_INDEX['iq']:02x}"
PN_SERVER = "03"


def token(text: str) -> str:
    if text in SINGLE_INDEX:
        return f"{SINGLE_INDEX[text]:02x}"
    if text in DOUBLE_INDEX:
        dictionary, index = DOUBLE_INDEX[text]
        return f"{236 + dictionary:02x}{index:02x}"
    return f"fc{len(text):02x}{text.encode().hex()}"


def with_id(value: str) -> bytes:
    """<message id=VALUE/>, the value in hexadecimal."""
    return bytes.fromhex(f"00 f803 {MESSAGE} {ID} {value}")


def with_content(content: str) -> bytes:
    """<message>CONTENT</message>, the content in hexadecimal."""
    return bytes.fromhex(f"00 f802 {MESSAGE} {content}")


VALUES = [
    pytest.param("text", token("text"), id="single-byte token"),
    pytest.param("read-self", "ec00", id="double-byte token, first dictionary"),
    pytest.param("reject", "ed00", id="double-byte token, second dictionary"),
    pytest.param("1724", "ef00", id="double-byte token, fourth dictionary"),
    pytest.param("12345", "ff83 12345f", id="packed, odd"),
    pytest.param("1763800000", "ff05 1763800000", id="packed, even"),
    pytest.param("-1.5", "ff02 a1b5", id="packed dash and dot"),
    pytest.param("3EB0A1", "fb03 3eb0a1", id="packed hexadecimal"),
    pytest.param("3EB0A", "fb83 3eb0af", id="packed hexadecimal, odd"),
    pytest.param("3eb0a1", "fc06 336562306131", id="lower case is not packed"),
    pytest.param("Ünal", "fc05 c39c6e616c", id="raw text"),
    pytest.param("1" * 127, "ffc0" + "11" * 63 + "1f", id="packed, the longest"),
    pytest.param("1" * 128, "fc80" + "31" * 128, id="too long to be packed"),
    pytest.param("x" * 256, "fd000100" + "78" * 256, id="raw with 20-bit length"),
    pytest.param("x" * 2**20, "fe00100000" + "78" * 2**20, id="raw with 32-bit length"),
    pytest.param(SERVER_JID, f"fa 00 {PN_SERVER}", id="address without user"),
    pytest.param(
        Jid("491701234567", "s.whatsapp.net"), f"fa ff06 491701234567 {PN_SERVER}", id="phone"
    ),
    pytest.param(Jid("1203630", "g.us"), f"fa ff84 1203630f {token('g.us')}", id="group"),
    pytest.param(Jid("status", "broadcast"), f"fa {token('status')} {token('broadcast')}", id="s"),
    pytest.param(Jid("123456", "lid"), f"fa ff03 123456 {token('lid')}", id="hidden address"),
    pytest.param(Jid("1234", "s.whatsapp.net", 2), "f7 00 02 ff02 1234", id="device of a phone"),
    pytest.param(Jid("123456", "lid", 1), "f7 01 01 ff03 123456", id="device of a hidden address"),
    pytest.param(Jid("123456", "hosted", 99), "f7 80 63 ff03 123456", id="hosted"),
    pytest.param(Jid("123456", "hosted"), "f7 80 00 ff03 123456", id="hosted, no device"),
    pytest.param(Jid("123456", "hosted.lid", 1), "f7 81 01 ff03 123456", id="hosted hidden"),
    pytest.param(Jid("123456", "msgr", 258), f"f6 ff03 123456 0102 {token('msgr')}", id="fb"),
    pytest.param(
        Jid("7-123456", "interop", 3), f"f5 ff03 123456 0003 0007 {token('interop')}", id="interop"
    ),
]


@pytest.mark.parametrize(("value", "written"), VALUES)
def test_a_value_and_its_bytes(value: str | Jid, written: str):
    node = Node("message", {"id": value})
    assert encode_node(node) == with_id(written)
    assert decode_node(with_id(written)) == node


READ_ONLY = [
    pytest.param("ff00", "", id="empty packed is left out"),
    pytest.param("00", "", id="empty value is left out"),
    pytest.param("fc00", "", id="empty raw is left out"),
    pytest.param("fc02 c39c", "Ü", id="raw"),
    pytest.param("fdf00002 c39c", "Ü", id="the top 4 of the 24 bits do not count"),
    pytest.param("fc02 61c3", "a\ufffd", id="text cut in the middle of a character"),
    pytest.param("ff81 1a", "1", id="the filling of the odd digit does not count"),
    pytest.param("f7 05 02 ff02 1234", Jid("1234", "s.whatsapp.net", 2), id="agent"),
]


@pytest.mark.parametrize(("written", "value"), READ_ONLY)
def test_forms_that_are_only_read(written: str, value: str | Jid):
    assert decode_node(with_id(written)) == Node("message", {"id": value} if value else {})


def test_an_interop_address_without_integrator_gets_zero():
    written = encode_node(Node("message", {"id": Jid("123456", "interop")}))
    assert decode_node(written).attr_jid("id") == Jid("0-123456", "interop")


def test_a_stanza():
    server = encode_node(
        Node(
            "iq",
            {"from": SERVER_JID, "type": "set", "empty": ""},
            [Node("ref", {}, b"ab"), Node("ref", {}, "cd"), Node("count")],
        )
    )
    type_set, ref, count = token("type") + token("set"), token("ref"), token("count")
    assert server == bytes.fromhex(
        f"00 f806 {IQ} {FROM} fa00{PN_SERVER} {type_set}"
        f"f803 f802 {ref} fc02 6162 f802 {ref} fc02 6364 f801 {count}"
    )


CONTENTS = [
    pytest.param("fc03 000102", b"\x00\x01\x02", id="raw"),
    pytest.param("fc00", b"", id="empty"),
    pytest.param(token("text"), "text", id="token"),
    pytest.param("ff02 1234", "1234", id="packed"),
    pytest.param("f7 01 01 ff03 123456", "123456:1@lid", id="address"),
    pytest.param("00", None, id="empty list"),
    pytest.param("f800", None, id="list of none"),
]


@pytest.mark.parametrize(("written", "content"), CONTENTS)
def test_content(written: str, content: str | bytes | None):
    node = decode_node(with_content(written))
    assert node.content == content
    assert type(node.content) is type(content)


def test_content_is_always_written_raw():
    assert encode_node(Node("message", {}, "text")) == with_content("fc04 74657874")


def test_long_lists_take_a_count_of_two_bytes():
    node = Node("list", {}, [Node("item") for _ in range(300)])
    written = encode_node(node)
    assert written.startswith(bytes.fromhex(f"00 f802 {token('list')} f9012c"))
    assert decode_node(written) == node
    many = Node("item", {f"key {n}": "x" for n in range(200)})
    assert encode_node(many)[1:4] == b"\xf9\x01\x91"
    assert decode_node(encode_node(many)) == many


def test_the_end_of_the_stream():
    assert decode_node(bytes.fromhex("00 f801 02")) == Node("xmlstreamend")


def test_a_compressed_stanza():
    plain = encode_node(Node("message", {}, b"x" * 5000))
    packed = b"\x02" + zlib.compress(plain[1:])
    assert decode_node(packed) == decode_node(plain)


UNENCODABLE = [
    Node(""),
    Node("a", {}, [Node("")]),
    Node("a", {"j": Jid("1", "")}),
    Node("a", {"j": Jid("1", "lid", 256)}),
    Node("a", {"j": Jid("1", "msgr", 65536)}),
    Node("a", {"j": Jid("65536-1", "interop")}),
    Node("a", {"k": "\ud800"}),
    Node("a", {}, "\ud800"),
    Node("a", {}, [Node("b")] * 65536),
]


@pytest.mark.parametrize("node", UNENCODABLE, ids=range(len(UNENCODABLE)))
def test_what_the_format_cannot_hold_is_refused(node: Node):
    with pytest.raises(MalformedNode):
        encode_node(node)


MALFORMED = [
    pytest.param("", id="nothing"),
    pytest.param("00", id="only the flag"),
    pytest.param("00 00", id="an empty list is no node"),
    pytest.param("00 f800", id="a list of none is no node"),
    pytest.param(f"00 {MESSAGE}", id="a string is no node"),
    pytest.param("00 f801", id="no tag"),
    pytest.param("00 f801 00", id="empty tag"),
    pytest.param("00 f801 fc00", id="empty raw tag"),
    pytest.param("00 f801 fa0003", id="an address as tag"),
    pytest.param(f"00 f803 {MESSAGE} fa0003 {ID}", id="an address as key"),
    pytest.param(f"00 f803 {MESSAGE} {ID} f801{ID}", id="a list as value"),
    pytest.param(f"00 f803 {MESSAGE} {ID}", id="no value"),
    pytest.param(f"00 f801 {MESSAGE} 00", id="something left over"),
    pytest.param(f"00 f802 {MESSAGE} fc02 61", id="raw content cut short"),
    pytest.param(f"00 f802 {MESSAGE} fd000001", id="raw content missing"),
    pytest.param(f"00 f802 {MESSAGE} fe0000", id="length cut short"),
    pytest.param(f"00 f802 {MESSAGE} feffffffff 61", id="length of 4 GB"),
    pytest.param(f"00 f802 {MESSAGE} f802 f801 {ID}", id="a child is missing"),
    pytest.param(f"00 f9ffff {MESSAGE}", id="attributes are missing"),
    pytest.param(f"00 f803 {MESSAGE} {ID} ff02 12", id="packed cut short"),
    pytest.param(f"00 f803 {MESSAGE} {ID} ff01 1c", id="packed 12"),
    pytest.param(f"00 f803 {MESSAGE} {ID} ff01 1f", id="packed 15 without the odd flag"),
    pytest.param(f"00 f803 {MESSAGE} {ID} ec", id="double token cut short"),
    pytest.param(f"00 f803 {MESSAGE} {ID} f0", id="reserved 240"),
    pytest.param(f"00 f803 {MESSAGE} {ID} f4", id="reserved 244"),
    pytest.param(f"00 f803 {MESSAGE} {ID} fa fa0003 03", id="an address in an address"),
    pytest.param(f"00 f803 {MESSAGE} {ID} fa ff0112 00", id="an address without server"),
    pytest.param(f"00 f803 {MESSAGE} {ID} fa fc03 2e2e2f 03", id="a path as user"),
    pytest.param(f"00 f803 {MESSAGE} {ID} fa ff0112 fc02 2f40", id="a path as server"),
    pytest.param(f"00 f803 {MESSAGE} {ID} f7 00 01 00", id="a device without user"),
    pytest.param(f"00 f803 {MESSAGE} {ID} f6 ff0112 0001 03", id="Messenger, wrong server"),
    pytest.param(f"00 f803 {MESSAGE} {ID} f5 ff0112 0001 0001 03", id="interop, wrong server"),
    pytest.param("02", id="zlib of nothing"),
    pytest.param("02 0102030405", id="zlib garbage"),
    pytest.param("02 789c", id="zlib cut short"),
]


@pytest.mark.parametrize("written", MALFORMED)
def test_malformed_bytes_are_refused(written: str):
    with pytest.raises(MalformedNode):
        decode_node(bytes.fromhex(written))


def test_what_follows_the_compressed_stanza_is_refused():
    packed = b"\x02" + zlib.compress(bytes.fromhex(f"f801 {MESSAGE}"))
    assert decode_node(packed) == Node("message")
    with pytest.raises(MalformedNode):
        decode_node(packed + b"x")


def test_nesting_is_limited():
    def nested(levels: int) -> bytes:
        inner = f"f802 {MESSAGE} f801" * (levels - 1) + f"f801 {MESSAGE}"
        return bytes.fromhex("00" + inner)

    assert decode_node(nested(MAX_DEPTH)).tag == "message"
    with pytest.raises(MalformedNode):
        decode_node(nested(MAX_DEPTH + 1))
    with pytest.raises(MalformedNode):
        decode_node(nested(100_000))


def test_a_zlib_bomb_is_refused_within_bounded_memory():
    bomb = b"\x02" + zlib.compress(bytes(MAX_INFLATED_BYTES + 1), 9)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedNode):
            decode_node(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MAX_INFLATED_BYTES


def test_the_number_of_items_is_limited(monkeypatch: pytest.MonkeyPatch):
    item = bytes.fromhex("f801 08")
    crowd = bytes.fromhex(f"00 f802 {MESSAGE} f8ff") + item * 255
    monkeypatch.setattr(node_decoder, "MAX_ITEMS", 4 * 255 + 5)
    assert len(decode_node(crowd).kids) == 255
    monkeypatch.setattr(node_decoder, "MAX_ITEMS", 4 * 255 + 4)
    with pytest.raises(MalformedNode):
        decode_node(crowd)


def test_the_tag_is_known_before_the_rest() -> None:
    ack = encode_node(Node("ack", {"id": "3EB0"}))
    assert starts_with_tag(ack, "ack")
    assert not starts_with_tag(ack, "receipt")
    assert not starts_with_tag(encode_node(Node("receipt")), "ack")
    assert not starts_with_tag(b"\x02" + zlib.compress(ack[1:]), "ack")
    assert not any(starts_with_tag(ack[:size], "ack") for size in range(4))
