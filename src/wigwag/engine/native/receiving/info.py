"""What a message stanza says besides its ciphertext, and what its ciphertexts came to."""

from dataclasses import dataclass
from datetime import datetime

from wigwag.engine.native.receiving.batch import Names
from wigwag.engine.native.receiving.source import Source
from wigwag.model.content import Content, MessageKey
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node


@dataclass(slots=True)
class Info:
    """`device` is the Signal address of the sender: its LID where one is known."""

    node: Node
    source: Source
    key: MessageKey
    timestamp: datetime
    names: Names
    """Chat, sender and id as the store keeps them."""
    push_name: str
    device: Jid
    category: str


@dataclass(slots=True)
class Outcome:
    """What the encrypted parts of one stanza came to."""

    content: Content | None = None
    view_once: bool = False
    chat: Jid | None = None
    protocol: bool = False
    sender_key: bool = False
    sealed: bool = False
    """It holds a sealed part that cannot be opened."""
    opened: bool = False
    duplicate: bool = False
    broken: bool = False
    unknown: str | None = None


def names_of(key: MessageKey) -> Names:
    chat = str(key.chat)
    return chat, chat if key.sender is key.chat else str(key.sender), key.id
