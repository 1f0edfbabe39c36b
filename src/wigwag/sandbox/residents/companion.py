"""A further device of a person: an application or a browser linked to that person's phone.

It gets its own copy of every message, also of what the person says on another device, and can say
everything itself.
"""

from datetime import datetime

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.correspondent import Correspondent, SavedCorrespondent
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.wire.pairing import make_device_identity, verify_device_identity
from wigwag.wire.signal.curve import KeyPair

_SECRET_BYTES = 32


class SavedCompanion(Value):
    """What is saved of a companion; `identity` is what vouches for it."""

    correspondent: SavedCorrespondent
    identity: bytes


class Companion(Correspondent):
    """Device 1 or higher of a person."""

    def __init__(
        self,
        surroundings: Surroundings,
        lid: Jid,
        pn: Jid,
        keyring: Keyring,
        random: Random,
        *,
        name: str,
        identity: bytes,
    ) -> None:
        super().__init__(surroundings, lid, pn, keyring, random, name=name)
        self.identity = identity
        self.outgoing.identity = identity

    def export_companion(self) -> SavedCompanion:
        return SavedCompanion(correspondent=self.export(), identity=self.identity)


def vouch(phone: KeyPair, companion: KeyPair, number: int, at: datetime, random: Random) -> bytes:
    """The device identity that a phone and its companion `number` have both signed."""
    secret = random(_SECRET_BYTES)
    container = make_device_identity(
        account=phone,
        companion_public=companion.public,
        adv_secret=secret,
        raw_id=int.from_bytes(random(4), "big"),
        key_index=number,
        timestamp=at,
        random=random,
    )
    return verify_device_identity(container, secret, companion, random).full
