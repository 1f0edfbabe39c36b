"""Retry receipts, both ways: the stanza that asks for a message again, and what answers it.

Source: whatsmeow retry.go.
"""

from collections import OrderedDict

from wigwag.model.jid import Jid
from wigwag.sandbox.residents.bundles import bundle_from_node, prekey_node, signed_prekey_node
from wigwag.sandbox.residents.incoming import Envelope
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.outgoing import Outgoing, SentMessage, media_attrs
from wigwag.wire.content import device_sent
from wigwag.wire.nodes import AttrValue, Node

MAX_ANSWERS = 10
"""A device gets the same message again at most this often."""
_REMEMBERED = 1_000


def retry_request(envelope: Envelope, count: int, keyring: Keyring, *, with_keys: bool) -> Node:
    """The receipt that asks the sender for a message again, with a fresh bundle if asked for."""
    attrs: dict[str, AttrValue] = {"id": envelope.id, "to": envelope.source, "type": "retry"}
    if envelope.participant is not None:
        attrs["participant"] = envelope.participant
    if envelope.recipient is not None:
        attrs["recipient"] = envelope.recipient
    if envelope.category:
        attrs["category"] = envelope.category
    retry = {"count": str(count), "id": envelope.id, "t": envelope.t, "v": "1"}
    registration = keyring.local.registration_id.to_bytes(4, "big")
    kids = [Node("retry", {**retry}), Node("registration", {}, registration)]
    if with_keys:
        kids.append(
            Node(
                "keys",
                {},
                [
                    Node("type", {}, b"\x05"),
                    Node("identity", {}, keyring.local.identity.public),
                    prekey_node(keyring.make_prekeys(1)[0]),
                    signed_prekey_node(keyring.signed),
                ],
            )
        )
    return Node("receipt", attrs, kids)


class RetryAnswers:
    """Answers retry receipts from the messages that were sent lately."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._counts: OrderedDict[tuple[Jid, str], int] = OrderedDict()

    def answer(self, receipt: Node, device: Jid) -> Node | None:
        """The message again, for `device` alone; None when it is unknown or asked too often.

        Raises WireError for a malformed request.
        """
        retry = receipt.child("retry")
        if retry is None:
            return None
        sent = self._outgoing.sent.find(retry.attr("id"))
        if sent is None or not self._count(device, sent.id):
            return None
        count = retry.attr_int("count", 1)
        self._renew_session(receipt, device, count)
        attrs: dict[str, AttrValue] = {"count": str(count), **media_attrs(sent.traits)}
        body = self._outgoing.encrypt(device, self._plaintext(sent, device), attrs)
        if body is None:
            return None
        return self._outgoing.vouch(self._stanza(receipt, sent, retry.attr("t"), body))

    def _count(self, device: Jid, message_id: str) -> bool:
        key = (device, message_id)
        self._counts[key] = self._counts.get(key, 0) + 1
        if len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)
        return self._counts[key] < MAX_ANSWERS

    def _renew_session(self, receipt: Node, device: Jid, count: int) -> None:
        keyring = self._outgoing.keyring
        if receipt.child("keys") is not None:
            keyring.open_session(device, bundle_from_node(receipt))
        elif count >= 2:
            keyring.forget_session(device)

    def _plaintext(self, sent: SentMessage, device: Jid) -> bytes:
        """The message as this device gets it: with the sender key in a group, wrapped for an own
        device."""
        if sent.to.is_group or sent.to.is_status:
            return self._outgoing.with_key(sent.to, sent.message)
        if device.user == self._outgoing.own.user and not sent.category:
            return device_sent(sent.to, sent.message)
        return sent.message

    @staticmethod
    def _stanza(receipt: Node, sent: SentMessage, t: str, body: Node) -> Node:
        traits = sent.traits
        attrs: dict[str, AttrValue] = {
            "to": receipt.require_jid("from"),
            "id": sent.id,
            "type": traits.type,
            "t": t,
        }
        if sent.category:
            attrs["category"] = sent.category
        if traits.edit:
            attrs["edit"] = traits.edit
        for name in ("participant", "recipient"):
            value = receipt.attr_jid(name)
            if value is not None:
                attrs[name] = value
        if not (sent.to.is_group or sent.to.is_status):
            attrs["device_fanout"] = "false"
        return Node("message", attrs, [body])
