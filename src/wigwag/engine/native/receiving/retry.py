"""Retries: asking others to send again what we cannot decrypt (whatsmeow retry.go).

What others ask of us is answered in `resend`.
"""

from collections import OrderedDict
from typing import Final

from wigwag.engine.native.connection.prekeys import new_prekey, prekey_node, signed_prekey_node
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.receiving.receipts import receipt_frame
from wigwag.engine.native.sync.phone import Phone
from wigwag.model.content import MessageKey
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node
from wigwag.wire.signal.curve import DJB

MAX_ATTEMPTS: Final = 5
"""The attempt that is not made any more."""
MAX_REMEMBERED: Final = 10_000


class RetryRequests:
    """Counts how often each message was asked for again, and asks."""

    def __init__(self, link: Link, phone: Phone) -> None:
        self._link = link
        self._phone = phone
        self._attempts: OrderedDict[Names, int] = OrderedDict()
        self._next_prekey: int | None = None

    def request(
        self, node: Node, key: MessageKey, names: Names, batch: Batch, *, with_keys: bool
    ) -> None:
        """Ask the sender to send the message `node` again; fresh keys go with it from the second
        time on, or `with_keys` at once."""
        attempt = (batch.attempts.get(names) or self._attempts.get(names, 0)) + 1
        if attempt == 1:
            attempt = _attempts_told(node) + 1
        # Kept when it is durable: what is done again because a commit failed was not asked.
        batch.attempts[names] = attempt
        batch.afterwards.append(lambda: self._count(names, attempt))
        if attempt >= MAX_ATTEMPTS:
            batch.drop("retry_given_up")
            return
        if attempt == 1:
            batch.afterwards.append(lambda: self._phone.ask_later(key, names))
        batch.reply(self._receipt(node, attempt, batch, with_keys=with_keys or attempt > 1))

    def settled(self, names: Names) -> None:
        """The message was decrypted."""
        self._attempts.pop(names, None)
        self._phone.settled(names)

    def _count(self, names: Names, attempt: int) -> None:
        self._attempts[names] = attempt
        self._attempts.move_to_end(names)
        while len(self._attempts) > MAX_REMEMBERED:
            self._attempts.popitem(last=False)

    def _receipt(self, node: Node, attempt: int, batch: Batch, *, with_keys: bool) -> Node:
        device = self._link.device
        attrs = receipt_frame(node, "retry")
        if node.attr("type") == "peer_msg":
            attrs["category"] = "peer"
        retry = Node(
            "retry",
            {"count": str(attempt), "id": node.attr("id"), "t": node.attr("t"), "v": "1"},
        )
        registration = Node("registration", {}, device.registration_id.to_bytes(4, "big"))
        content = [retry, registration]
        if with_keys:
            prekey, writes = new_prekey(self._link, self._next_prekey)
            self._next_prekey = prekey.id - 1
            batch.changes.add(*writes)
            keys = [
                Node("type", {}, DJB),
                Node("identity", {}, device.identity.public),
                prekey_node(prekey),
                signed_prekey_node(device.signed_prekey),
                Node("device-identity", {}, device.account_identity),
            ]
            content.append(Node("keys", {}, keys))
        return Node("receipt", attrs, content)


def _attempts_told(node: Node) -> int:
    """How many requests a resent message already answers, after a restart of ours."""
    kids = node.kids
    if len(kids) != 1 or kids[0].tag != "enc":
        return 0
    try:
        return min(max(kids[0].attr_int("count"), 0), MAX_ATTEMPTS)
    except MalformedNode:
        return 0
