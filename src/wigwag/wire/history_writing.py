"""Making a history blob, as the phone of the sandbox does; wigwag.wire.history reads it."""

import zlib
from collections.abc import Sequence

from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import Reaction, Revoke
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Message
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.wire import claims
from wigwag.wire.content_context import write_key
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import history_pb2
from wigwag.wire.web_message import REVOKE_STUB, write_web_message

_End = history_pb2.Conversation.EndOfHistoryTransferType
_ATTACHED = (Reaction, Revoke)
_Webs = dict[tuple[Jid, str], history_pb2.WebMessageInfo]


def encode_history(
    *,
    sync_type: str = "initial_bootstrap",
    chunk: int = 1,
    progress: int = 100,
    chats: Sequence[ChatSummary] = (),
    messages: Sequence[Message] = (),
    contacts: Sequence[Contact] = (),
    links: Sequence[IdentityLinked] = (),
    receipts: Sequence[Receipt] = (),
) -> bytes:
    """The blob that a phone would make of these, in the given order.

    Messages go to their chats, which need not be among `chats`; status updates go to their own
    list. Reactions, revokes and receipts are told at the message that they mean; where it is not
    among `messages`, receipts are left out. Raises MalformedProtobuf for an unknown `sync_type`,
    else as encode_content does.
    """
    wire = history_pb2.HistorySync(chunkOrder=chunk, progress=progress)
    try:
        wire.MergeFrom(history_pb2.HistorySync(syncType=sync_type.upper()))
    except ValueError as error:
        raise MalformedProtobuf("there is no such history sync type") from error
    conversations: dict[Jid, history_pb2.Conversation] = {}
    webs: _Webs = {}
    for chat in chats:
        conversations[chat.jid] = _write_summary(chat, wire.conversations.add())
    for message in sorted(messages, key=lambda one: isinstance(one.content, _ATTACHED)):
        if _attach(message, webs):
            continue
        if message.key.chat == STATUS_JID:
            web = wire.statusV3Messages.add()
            write_web_message(message, web)
            webs[message.key.chat, message.key.id] = web
            continue
        conversation = conversations.get(message.key.chat)
        if conversation is None:
            summary = ChatSummary(jid=message.key.chat, alt=message.chat_alt)
            conversation = _write_summary(summary, wire.conversations.add())
            conversations[message.key.chat] = conversation
        web = conversation.messages.add().message
        write_web_message(message, web)
        webs[message.key.chat, message.key.id] = web
    for receipt in receipts:
        _attach_receipt(receipt, webs)
    for contact in contacts:
        _write_contact(contact, wire)
    for link in links:
        wire.phoneNumberToLidMappings.add(pnJID=str(link.pn), lidJID=str(link.lid))
    return zlib.compress(wire.SerializeToString())


def _attach(message: Message, webs: _Webs) -> bool:
    """Tell a change at the message that it means; False when that one is not here."""
    change = message.content
    if not isinstance(change, _ATTACHED):
        return False
    web = webs.get((message.key.chat, change.target.id))
    if web is None:
        return False
    if isinstance(change, Reaction):
        reaction = web.reactions.add(
            text=claims.outgoing_text(change.emoji),
            senderTimestampMS=claims.outgoing_ms(message.timestamp),
        )
        write_key(message.key, reaction.key)
        return True
    web.ClearField("message")
    web.messageStubType = REVOKE_STUB
    web.revokeMessageTimestamp = max(int(message.timestamp.timestamp()), 0)
    return True


def _attach_receipt(receipt: Receipt, webs: _Webs) -> None:
    at = max(int(receipt.timestamp.timestamp()), 0)
    for message_id in receipt.ids:
        web = webs.get((receipt.chat, message_id))
        if web is None:
            continue
        told = next((one for one in web.userReceipt if one.userJID == str(receipt.sender)), None)
        if told is None:
            told = web.userReceipt.add(userJID=str(receipt.sender))
        if receipt.kind is ReceiptKind.DELIVERED:
            told.receiptTimestamp = at
        elif receipt.kind is ReceiptKind.READ:
            told.readTimestamp = at
        else:
            told.playedTimestamp = at


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
    if chat.ephemeral_s:
        wire.ephemeralExpiration = claims.outgoing_uint32(chat.ephemeral_s)
    if chat.ephemeral_at is not None:
        wire.ephemeralSettingTimestamp = max(int(chat.ephemeral_at.timestamp()), 0)
    if chat.complete is not None:
        wire.endOfHistoryTransfer = True
        wire.endOfHistoryTransferType = (
            _End.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
            if chat.complete
            else _End.COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
        )
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
