"""The node codec: stanzas encoded and decoded per second, beside JSON of the same content."""

import base64
import json
import os
from typing import Any

from figures import Figure, Report, best_s, parser
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node, decode_node, encode_node

ROUNDS = 2000


def message_stanza() -> Node:
    """A text on its way to four devices, as whatsmeow builds it."""
    devices = [Jid("123456789012345", "lid", number) for number in range(4)]
    participants = [
        Node("to", {"jid": device}, [Node("enc", {"v": "2", "type": "msg"}, os.urandom(180))])
        for device in devices
    ]
    attrs = {
        "id": "3EB0C431C26A1916E07E",
        "to": devices[0],
        "type": "text",
        "phash": "2:abcdefgh",
        "t": "1700000000",
    }
    return Node("message", dict(attrs), [Node("participants", {}, participants)])


def as_json(node: Node) -> Any:
    """The same as JSON values."""
    content: Any = None
    if isinstance(node.content, bytes):
        content = base64.b64encode(node.content).decode()
    elif isinstance(node.content, list):
        content = [as_json(kid) for kid in node.content]
    return [node.tag, {name: str(value) for name, value in node.attrs.items()}, content]


def main() -> None:
    report = Report(parser(__doc__).parse_args())
    node = message_stanza()
    value, wire = as_json(node), encode_node(node)
    text = json.dumps(value)
    assert decode_node(wire) == node

    def times(work: Any, argument: Any) -> float:
        def rounds() -> None:
            for _ in range(ROUNDS):
                work(argument)

        return ROUNDS / best_s(rounds)

    for name, ours, theirs in (
        ("stanzas encoded", times(encode_node, node), times(json.dumps, value)),
        ("stanzas decoded", times(decode_node, wire), times(json.loads, text)),
    ):
        report.add(
            Figure(name=name, value=ours, unit="/s", yardstick=theirs, yardstick_name="json")
        )
    report.note(f"a message for four devices: {len(wire)} bytes on the wire, {len(text)} as JSON")
    report.close()


if __name__ == "__main__":
    main()
