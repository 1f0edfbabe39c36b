"""The receiving half of an emulated device: from an encrypted stanza to decrypted contents."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.wire.errors import DuplicateMessage, MalformedNode, NoSenderKey, WireError
from wigwag.wire.nodes import Node

MAX_RETRIES = 5
"""A message is asked for again at most this often (source: whatsmeow retry.go)."""
_REMEMBERED = 1_000


class Envelope(Value):
    """The outside of a message.

    `sender` is a LID device; `chat` a group, the status list or the bare LID of the other side.
    `participant` is set in groups. `source` is the attribute `from`, to which answers go.
    """

    id: str
    source: Jid
    chat: Jid
    sender: Jid
    from_me: bool
    timestamp: datetime
    t: str
    push_name: str = ""
    participant: Jid | None = None
    recipient: Jid | None = None
    category: str = ""


def read_envelope(node: Node, own: Jid, to_lid: Callable[[Jid], Jid]) -> Envelope:
    """The envelope of a <message>; `to_lid` turns a PN into a LID. Raises MalformedNode."""
    source = node.require_jid("from")
    participant = node.attr_jid("participant")
    recipient = node.attr_jid("recipient")
    if source.is_group or source.is_status:
        if participant is None:
            raise MalformedNode("A message in a group lacks its participant.")
        sender, chat = to_lid(participant), source
    else:
        sender = to_lid(source)
        chat = to_lid(recipient).bare if recipient is not None else sender.bare
    return Envelope(
        id=node.attr("id"),
        source=source,
        chat=chat,
        sender=sender,
        from_me=sender.user == own.user,
        timestamp=_moment(node),
        t=node.attr("t"),
        push_name=node.attr("notify"),
        participant=participant,
        recipient=recipient,
        category=node.attr("category"),
    )


def _moment(node: Node) -> datetime:
    try:
        return datetime.fromtimestamp(node.attr_int("t"), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedNode("A message has an impossible time.") from error


class Retry(Value):
    """A stanza could not be read: ask for it with this count, or not at all when it is 0."""

    count: int = 0
    with_keys: bool = False


class Incoming:
    """Opens stanzas, and counts how often each was asked for again."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._retries: OrderedDict[tuple[Jid, str], int] = OrderedDict()
        self.duplicates = 0

    def open(self, envelope: Envelope, node: Node, take: Callable[[bytes], None]) -> Retry | None:
        """Decrypt each part and hand it to `take` at once, since a part may carry the sender key
        of the next one; None when nothing failed."""
        taken = 0
        for kid in node.kids:
            if kid.tag != "enc":
                continue
            try:
                take(self._decrypt(envelope, kid))
                taken += 1
            except DuplicateMessage:
                self.duplicates += 1
            except WireError as error:
                bare_group = isinstance(error, NoSenderKey) and not taken
                return self._ask_again(envelope, kid, with_keys=bare_group)
        if self._retries:
            self._retries.pop((envelope.sender, envelope.id), None)
        return None

    def _decrypt(self, envelope: Envelope, enc: Node) -> bytes:
        kind = enc.attr("type")
        if kind == "skmsg":
            return self._keyring.group_decrypt(envelope.chat, envelope.sender, enc.data)
        if kind in ("msg", "pkmsg"):
            return self._keyring.decrypt(envelope.sender, kind, enc.data)
        raise MalformedNode("A message is encrypted in an unknown way.")

    def _ask_again(self, envelope: Envelope, enc: Node, *, with_keys: bool) -> Retry:
        key = (envelope.sender, envelope.id)
        count = max(self._retries.get(key, 0), enc.attr_int("count")) + 1
        self._retries[key] = count
        if len(self._retries) > _REMEMBERED:
            self._retries.popitem(last=False)
        if count > MAX_RETRIES:
            return Retry()
        return Retry(count=count, with_keys=with_keys or count > 1)
