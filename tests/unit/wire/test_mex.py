"""Queries of w:mex, and answers that are none."""

import pytest

from wigwag.wire.errors import MalformedNode
from wigwag.wire.mex import (
    MexRefused,
    mex_query,
    mex_refusal,
    mex_result,
    read_mex_query,
    read_mex_result,
    read_mex_update,
)
from wigwag.wire.nodes import Node


def test_a_query_is_compact_json_in_the_order_of_its_keys():
    node = mex_query("65", {"name": "b", "description": "ä"})
    assert node.attrs == {"query_id": "65"}
    assert node.text == '{"variables":{"name":"b","description":"ä"}}'
    assert read_mex_query(node) == ("65", {"name": "b", "description": "ä"})


def test_an_answer_is_its_data():
    assert read_mex_result(Node("iq", {}, [mex_result({"a": 1})])) == {"a": 1}
    assert read_mex_update(Node("update", {}, b'{"data":{"b":2}}')) == {"b": 2}
    assert read_mex_result(Node("iq", {}, [Node("result", {}, b'{"data":null}')])) == {}


def test_a_refusal_has_its_code():
    with pytest.raises(MexRefused) as caught:
        read_mex_result(Node("iq", {}, [mex_refusal(404)]))
    assert caught.value.server_code == 404


@pytest.mark.parametrize(
    "answer",
    [
        Node("iq"),
        Node("iq", {}, [Node("result", {"format": "argo"}, b"{}")]),
        Node("iq", {}, [Node("result", {}, b"")]),
        Node("iq", {}, [Node("result", {}, b"[" * 100_000)]),
        Node("iq", {}, [Node("result", {}, b'{"data":[]}')]),
        Node("iq", {}, [Node("result", {}, b'{"data":{"a":"\xff"}}')]),
        Node("iq", {}, [Node("result", {}, b'{"errors":[{"extensions":{"error_code":"x"}}]}')]),
        Node("iq", {}, [Node("result", {}, b" " * (8 * 2**20 + 1))]),
    ],
)
def test_what_is_no_answer(answer: Node):
    with pytest.raises(MalformedNode):
        read_mex_result(answer)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"variables":1}', b"[" * 100_000, b'{"variables":' + b'{"a":' * 100_000]
)
def test_what_is_no_query(data: bytes):
    with pytest.raises(MalformedNode):
        read_mex_query(Node("query", {"query_id": "1"}, data))
