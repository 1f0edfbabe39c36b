"""Retries: asking others to send again what we cannot decrypt (whatsmeow retry.go).

What others ask of us is answered in `resend`.
"""

from typing import Final

import msgspec

from wigwag.engine.native.connection.prekeys import new_prekey, prekey_node, signed_prekey_node
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.openmessages import FIRST_ASK_AFTER_S, OpenMessages
from wigwag.engine.native.receiving.receipts import receipt_frame
from wigwag.engine.native.store.records import OpenMessage
from wigwag.model.content import MessageKey
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node
from wigwag.wire.signal.curve import DJB

MAX_ATTEMPTS: Final = 5
"""The attempt that is not made any more."""


class RetryRequests:
    """Counts how often each message was asked for again, and asks."""

    def __init__(self, link: Link, messages: OpenMessages) -> None:
        self._link = link
        self._messages = messages
        self._next_prekey: int | None = None

    def request(
        self,
        node: Node,
        key: MessageKey,
        batch: Batch,
        *,
        with_keys: bool,
        ask_phone: bool,
        hidden: bool,
    ) -> bool:
        """Ask the sender to send the message `node` again; fresh keys go with it from the second
        time on, or `with_keys` at once. The phone is asked when the sender does not answer.

        Returns whether the message is hidden, as this copy or an earlier one said.
        """
        names = (str(key.chat), str(key.sender), key.id)
        known = self._messages.find(names, batch)
        if known is None:
            now = self._link.clock.now().timestamp()
            ask_at = now + FIRST_ASK_AFTER_S if ask_phone else None
            attempts = _attempts_told(node)
            known = OpenMessage(key=key, attempts=attempts, hidden=hidden, ask_at=ask_at)
        attempt = known.attempts + 1
        if attempt >= MAX_ATTEMPTS:
            batch.drop(DropReason.RETRY_GIVEN_UP)
            return known.hidden
        self._messages.put(msgspec.structs.replace(known, attempts=attempt), batch)
        batch.reply(self._receipt(node, attempt, batch, with_keys=with_keys or attempt > 1))
        return known.hidden

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
