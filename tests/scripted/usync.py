"""Questions about users, and the users of their answers."""

from wigwag.wire.nodes import Node


def query(parts: list[Node], users: list[Node], mode: str = "query") -> Node:
    attrs = {"sid": "1", "mode": mode, "last": "true", "index": "0", "context": "message"}
    return Node("usync", dict(attrs), [Node("query", {}, parts), Node("list", {}, users)])


def users_of(answer: Node) -> list[Node]:
    usync = answer.child("usync")
    assert usync is not None
    found = usync.child("list")
    assert found is not None
    return found.kids
