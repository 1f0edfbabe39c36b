"""Making a history blob, as the phone of the sandbox does; wigwag.wire.history reads it."""

import zlib
from collections.abc import Sequence

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Message
from wigwag.wire import claims
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import history_pb2
from wigwag.wire.web_message import write_web_message


def encode_history(
    *,
    sync_type: str = "initial_bootstrap",
    chunk: int = 1,
    progress: int = 100,
    chats: Sequence[ChatSummary] = (),
    messages: Sequence[Message] = (),
    contacts: Sequence[Contact] = (),
    links: Sequence[IdentityLinked] = (),
) -> bytes:
    """The blob that a phone would make of these, in the given order.

    Messages go to their chats, which need not be among `chats`; status updates go to their own
    list. Raises MalformedProtobuf for an unknown `sync_type`, else as encode_content does.
    """
    wire = history_pb2.HistorySync(chunkOrder=chunk, progress=progress)
    try:
        wire.MergeFrom(history_pb2.HistorySync(syncType=sync_type.upper()))
    except ValueError as error:
        raise MalformedProtobuf("there is no such history sync type") from error
    conversations: dict[Jid, history_pb2.Conversation] = {}
    for chat in chats:
        conversations[chat.jid] = _write_summary(chat, wire.conversations.add())
    for message in messages:
        if message.key.chat == STATUS_JID:
            write_web_message(message, wire.statusV3Messages.add())
            continue
        conversation = conversations.get(message.key.chat)
        if conversation is None:
            summary = ChatSummary(jid=message.key.chat, alt=message.chat_alt)
            conversation = _write_summary(summary, wire.conversations.add())
            conversations[message.key.chat] = conversation
        write_web_message(message, conversation.messages.add().message)
    for contact in contacts:
        _write_contact(contact, wire)
    for link in links:
        wire.phoneNumberToLidMappings.add(pnJID=str(link.pn), lidJID=str(link.lid))
    return zlib.compress(wire.SerializeToString())


def _write_summary(chat: ChatSummary, wire: history_pb2.Conversation) -> history_pb2.Conversation:
    wire.ID = str(chat.jid)
    if chat.name:
        wire.name = claims.outgoing_text(chat.name)
    if chat.last_message_time is not None:
        last = max(int(chat.last_message_time.timestamp()), 0)
        wire.conversationTimestamp = wire.lastMsgTimestamp = last
    if chat.alt is not None and chat.jid.is_pn:
        wire.lidJID = str(chat.alt)
    elif chat.alt is not None:
        wire.pnJID = str(chat.alt)
    wire.unreadCount = chat.unread
    wire.archived = chat.archived
    return wire


def _write_contact(contact: Contact, wire: history_pb2.HistorySync) -> None:
    """Push names and address-book names have lists of their own."""
    if contact.push_name:
        name = claims.outgoing_text(contact.push_name)
        wire.pushnames.add(ID=str(contact.jid), pushname=name)
    if contact.full_name or contact.first_name:
        wire.inlineContactsProvided = True
        inline = wire.inlineContacts.add()
        inline.fullName = claims.outgoing_text(contact.full_name)
        inline.firstName = claims.outgoing_text(contact.first_name)
        for jid in (contact.jid, contact.alt):
            if jid is not None and jid.is_pn:
                inline.pnJID = str(jid)
            elif jid is not None:
                inline.lidJID = str(jid)
