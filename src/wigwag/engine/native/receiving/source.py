"""Who said it, and where: the addressing attributes of a stanza (whatsmeow message.go)."""

from dataclasses import dataclass

from wigwag.model.jid import (
    BOT_SERVER,
    BROADCAST_SERVER,
    GROUP_SERVER,
    HOSTED_LID_SERVER,
    LID_SERVER,
    NEWSLETTER_SERVER,
    Jid,
)
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node


@dataclass(slots=True)
class Source:
    """The chat and the sender of a stanza.

    `chat` is bare; `sender` has its device (a user-less JID when a group receipt names several).
    `chat_alt` and `sender_alt` are the same persons by their other address, where the stanza says.
    `group` is what sender keys belong to: a group, the status, or a broadcast list, whose messages
    lie in the chat with their sender.
    """

    chat: Jid
    sender: Jid
    chat_alt: Jid | None = None
    sender_alt: Jid | None = None
    from_me: bool = False
    group: Jid | None = None

    @property
    def is_group(self) -> bool:
        return self.group is not None


NOBODY = Jid("", "")


def parse_source(node: Node, pn: Jid, lid: Jid, *, require_participant: bool = True) -> Source:
    """The source of `node`, for the account with the addresses `pn` and `lid`.

    Raises MalformedNode when an address is missing.
    """
    origin = node.require_jid("from")
    server = origin.server
    if server in (GROUP_SERVER, BROADCAST_SERVER):
        return _group_source(node, origin, pn, lid, require_participant=require_participant)
    if server == NEWSLETTER_SERVER:
        return Source(chat=origin, sender=origin)
    if origin.user and origin.user in (pn.user, lid.user):
        return _own_source(node, origin.home, pn, lid)
    if server == BOT_SERVER:
        meta = node.child("meta")
        target = meta.attr_jid("target_chat_jid") if meta is not None else None
        return Source(chat=(target or origin).bare, sender=origin)
    sender = origin.home
    alt = node.attr_jid("sender_pn" if sender.server == LID_SERVER else "sender_lid")
    alt = _with_device_of(alt, sender)
    return Source(
        chat=sender.bare,
        sender=sender,
        chat_alt=alt.bare if alt is not None else None,
        sender_alt=alt,
    )


def _group_source(node: Node, chat: Jid, pn: Jid, lid: Jid, *, require_participant: bool) -> Source:
    sender = node.attr_jid("participant")
    if sender is None:
        if require_participant:
            raise MalformedNode("a group stanza names no participant")
        return Source(chat=chat, sender=NOBODY, group=chat)
    sender = sender.home
    alt = node.attr_jid("participant_pn" if sender.server == LID_SERVER else "participant_lid")
    source = Source(
        chat=chat,
        sender=sender,
        sender_alt=_with_device_of(alt, sender),
        from_me=bool(sender.user) and sender.user in (pn.user, lid.user),
        group=chat,
    )
    if chat.server == BROADCAST_SERVER and not chat.is_status:
        _move_to_sender(source, node)
    return source


def _move_to_sender(source: Source, node: Node) -> None:
    """What comes through somebody's broadcast list is shown in the chat with him, and only there
    can it be answered (whatsmeow IsIncomingBroadcast). Own lists stay chats of their own, and so
    do the receipts of those who are in them."""
    if source.from_me:
        owner = node.attr_jid("recipient")
        if owner is not None:
            source.chat = owner.bare
    elif node.tag != "receipt":
        alt = source.sender_alt
        source.chat, source.chat_alt = source.sender.bare, alt.bare if alt is not None else None


def _own_source(node: Node, sender: Jid, pn: Jid, lid: Jid) -> Source:
    recipient = node.attr_jid("recipient")
    chat = recipient.bare if recipient is not None else sender.bare
    is_lid = chat.server in (LID_SERVER, HOSTED_LID_SERVER)
    chat_alt = _other_of_chat(node, "pn" if is_lid else "lid")
    other = pn if sender.server == LID_SERVER else lid
    sender_alt = Jid(other.user, other.server, sender.device) if other.user else None
    if recipient is None and sender_alt is not None:
        chat_alt = sender_alt
    return Source(
        chat=chat,
        sender=sender,
        chat_alt=chat_alt.bare if chat_alt is not None else None,
        sender_alt=sender_alt,
        from_me=True,
    )


def _other_of_chat(node: Node, kind: str) -> Jid | None:
    """The other address of the person whom an own device wrote to."""
    for name in (f"peer_recipient_{kind}", f"recipient_{kind}"):
        found = node.attr_jid(name)
        if found is not None:
            return found
    return None


def _with_device_of(alt: Jid | None, sender: Jid) -> Jid | None:
    if alt is None or not alt.user:
        return None
    alt = alt.home
    return alt if alt.device or not sender.device else alt.with_device(sender.device)
