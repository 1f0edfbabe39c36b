"""What the engine's store keeps, as values."""

from datetime import datetime
from typing import Final

import msgspec

from wigwag.model.content import MessageKey
from wigwag.model.event import EngineEvent
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire.signal.curve import KeyPair
from wigwag.wire.signal.keys import LocalIdentity, SignedPreKey


class DeviceRecord(Value):
    """The identity of an account as a companion device.

    `jid` is None until the pairing is complete; `jid` and `lid` carry the device number.
    `account_identity` is the whole signed ADV device identity, sent as `<device-identity>`.
    """

    noise: KeyPair
    identity: KeyPair
    registration_id: int
    adv_secret: bytes
    signed_prekey: SignedPreKey
    jid: Jid | None = None
    lid: Jid | None = None
    account_identity: bytes = b""
    account_signature_key: bytes = b""
    key_index: int = 0
    platform: str = ""
    business_name: str = ""
    push_name: str = ""

    @property
    def local(self) -> LocalIdentity:
        """What Signal sessions of this device need."""
        return LocalIdentity(identity=self.identity, registration_id=self.registration_id)


class FormerDevice(Value):
    """An identity that was unlinked: who it was, so that the archive attaches again."""

    account: str
    jid: Jid
    lid: Jid | None
    ended_at: float
    reason: str


class DeviceList(Value):
    """The devices of one user as usync told them at `fetched_at` (Unix seconds)."""

    user: Jid
    devices: tuple[Jid, ...]
    hash: str
    fetched_at: float


class AppStateKey(Value):
    id: bytes
    data: bytes
    fingerprint: bytes
    timestamp: int


class AppStateVersion(Value):
    """Version and LTHash (128 bytes) of one collection."""

    version: int
    hash: bytes


class PrivacyToken(Value):
    """A trusted-contact token; times in Unix seconds, `sent_at` 0 when we never issued one."""

    token: bytes
    timestamp: int
    sent_at: int


class InboxRow(Value):
    """An event that the sink has not recorded yet. `payload` is `encode_event` of it."""

    seq: int
    kind: str
    chat: str
    sender: str
    id: str
    payload: bytes


class OpenMessage(Value):
    """A message that cannot be read and is still hoped for. Times are Unix seconds.

    `attempts` counts the requests to its sender. The phone is asked from `ask_at` on, which is None
    when it is not (any more); `asks` counts how often it was. A `hidden` one stands for nothing
    that is shown, which copies of it that were sent again do not say.
    """

    key: MessageKey
    attempts: int = 0
    hidden: bool = False
    asks: int = 0
    ask_at: float | None = None

    @property
    def names(self) -> tuple[str, str, str]:
        """Chat, sender and id, as the store keeps them."""
        return str(self.key.chat), str(self.key.sender), self.key.id


EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

_encoder = msgspec.msgpack.Encoder()
_decoder: "msgspec.msgpack.Decoder[EngineEvent]" = msgspec.msgpack.Decoder(EngineEvent)

encode_event = _encoder.encode
"""`encode_event(event) -> bytes`: an EngineEvent as msgpack."""

decode_event = _decoder.decode
"""`decode_event(payload) -> EngineEvent`; raises msgspec.DecodeError."""
