"""What newsletters say: messages in the clear, which are only acknowledged (whatsmeow message.go).

An edit comes under the id of what it changes, with the new content alone; so does a revoke.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from msgspec.structs import replace

from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.counts import told_counts
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.peer import MESSAGE
from wigwag.engine.native.receiving.receipts import stanza_time
from wigwag.engine.native.sending.envelope import EDIT_ADMIN_REVOKE, EDIT_POST
from wigwag.model.content import Content, Edit, MessageKey, Revoke, Unsupported
from wigwag.model.event import MessageReceived
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState
from wigwag.model.newsletter import Post
from wigwag.wire import claims
from wigwag.wire.content import decode_message
from wigwag.wire.errors import MalformedNode, MalformedProtobuf
from wigwag.wire.newsletters import read_post
from wigwag.wire.nodes import Node

NEWSLETTER: Final = "newsletter"
"""Kind of the inbox rows about newsletters that are no messages."""
MALFORMED: Final = "malformed"
"""What an Unsupported names when it is no protobuf message."""
NACK_PARSING: Final = 487


class Posts:
    """Reads the message stanzas of newsletters into batches."""

    def __init__(self, own: Callable[[], tuple[Jid, Jid]], heard: Callable[[Jid], None]) -> None:
        """`own` gives the account's addresses, PN and LID; `heard` is called with the newsletter
        of each message, once that is durable."""
        self._own = own
        self._heard = heard

    def read(self, node: Node, batch: Batch) -> None:
        """One `<message>` or `<status>` stanza of a newsletter."""
        try:
            self._read(node, batch)
        except MalformedNode:
            batch.reply(acknowledge(node, NACK_PARSING))
            batch.drop(DropReason.MALFORMED)
        else:
            batch.reply(acknowledge(node))

    def _read(self, node: Node, batch: Batch) -> None:
        newsletter, post, sent_at = (
            node.require_jid("from").bare,
            read_post(node),
            stanza_time(node),
        )
        if not post.id:
            raise MalformedNode("a post has no id")
        sender = self._own()[0] if post.from_me else newsletter
        key = MessageKey(chat=newsletter, sender=sender, id=post.id, from_me=post.from_me)
        edit, plain = node.attr("edit"), node.child("plaintext")
        if edit == EDIT_ADMIN_REVOKE:
            self._change(node, Revoke(target=key), sent_at, post, batch)
        elif plain is None or not plain.data:
            self._count(newsletter, post, batch)
        elif (content := self._decode(plain.data, key)) is None:
            batch.drop(DropReason.PROTOCOL)
        elif edit == EDIT_POST:
            self._change(node, Edit(target=key, content=content), sent_at, post, batch)
        else:
            self._record(key, content, sent_at, post, batch)

    def _change(
        self, node: Node, change: Edit | Revoke, sent_at: datetime, post: Post, batch: Batch
    ) -> None:
        """A change is known by what it changes and by its own time, in milliseconds."""
        meta = node.child("meta")
        changed_ms = meta.attr_int("msg_edit_t") if meta is not None else 0
        changed_at = claims.moment_ms(changed_ms) if changed_ms > 0 else sent_at
        key = change.target
        own_id = f"{key.id}-{node.attr('edit')}-{claims.outgoing_ms(changed_at)}"
        own_key = replace(key, id=own_id[: claims.ID_LIMIT])
        self._record(own_key, change, changed_at, post, batch)

    def _decode(self, raw: bytes, key: MessageKey) -> Content | None:
        try:
            return decode_message(raw, key, self._own()).content
        except MalformedProtobuf:
            return Unsupported(fields=(MALFORMED,), raw=raw)

    def _record(
        self, key: MessageKey, content: Content, sent_at: datetime, post: Post, batch: Batch
    ) -> None:
        names: Names = str(key.chat), str(key.sender), key.id
        if batch.was_seen(MESSAGE, names):
            batch.drop(DropReason.DUPLICATE)
            return
        message = Message(
            key=key,
            timestamp=sent_at,
            content=content,
            state=SendState.SENT if key.from_me else None,
            server_id=post.server_id,
        )
        batch.record(MESSAGE, MessageReceived(message=message), names)
        batch.mark_seen(MESSAGE, names)
        batch.afterwards.append(partial(self._heard, key.chat))

    @staticmethod
    def _count(newsletter: Jid, post: Post, batch: Batch) -> None:
        found = told_counts(newsletter, [post] if post.server_id else [])
        if not found:
            batch.drop(DropReason.NEWSLETTER_UPDATE)
        for event in found:
            batch.record(NEWSLETTER, event)
