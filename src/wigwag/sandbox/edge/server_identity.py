"""The server's Noise identity: a root key of its own, and the chain that vouches for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wigwag.wire.certificates import issue_chain
from wigwag.wire.signal.curve import KeyPair, generate_key_pair


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """`root_public` (32 bytes) is what clients must trust instead of WhatsApp's key."""

    root_public: bytes
    static: KeyPair
    chain: bytes


def make_server_identity(random: Callable[[int], bytes], now: datetime) -> ServerIdentity:
    """A new identity, valid around `now`; `random(n)` gives n bytes."""
    root = generate_key_pair(random)
    static = generate_key_pair(random)
    chain = issue_chain(root, static.public, now, random)
    return ServerIdentity(root.public, static, chain)
