"""What can go wrong with bytes and stanzas from outside.

Everything that a peer or the server sends may be hostile, so every decoder of this room ends in
one of these and in no other exception. None of them carries message text, keys or numbers.
"""

from collections.abc import Collection

from wigwag.model.errors import WigwagError


class WireError(WigwagError):
    """The data does not follow the WhatsApp protocol."""

    code = "wire"
    status = 502


class MalformedFrame(WireError):
    """A frame is longer than the limit, or the start of the stream is not WhatsApp's."""

    code = "malformed_frame"


class MalformedNode(WireError):
    """A stanza is not valid binary XML, or lacks what its kind must have."""

    code = "malformed_node"


class MalformedProtobuf(WireError):
    """A protobuf message cannot be parsed, or lacks what its kind must have."""

    code = "malformed_protobuf"


class NoiseFailure(WireError):
    """The Noise handshake failed, or a transport frame does not decrypt."""

    code = "noise"


class CertificateInvalid(NoiseFailure):
    """The server's certificate chain is not signed by the expected root key."""

    code = "certificate_invalid"


class PairingFailure(WireError):
    """A pairing step does not verify: a wrong code, a wrong signature or a wrong reference.

    `reply_code` and `reply_text` are what a client answers pair-success with (source: whatsmeow
    pair.go).
    """

    code = "pairing"

    def __init__(
        self,
        detail: str = "A pairing step does not verify; start the pairing anew.",
        *,
        reply_code: int = 500,
        reply_text: str = "internal-error",
    ) -> None:
        super().__init__(detail)
        self.reply_code = reply_code
        self.reply_text = reply_text


class SignalFailure(WireError):
    """A message of the Signal protocol cannot be decrypted or made."""

    code = "signal"


class DuplicateMessage(SignalFailure):
    """This message was decrypted before: its key is already used up."""

    code = "duplicate_message"


class NoSession(SignalFailure):
    """There is no session with this device yet."""

    code = "no_session"


class InvalidMessage(SignalFailure):
    """The message is damaged, from the far future, or fits none of the sessions."""

    code = "invalid_message"


class InvalidKey(SignalFailure):
    """A key is malformed, unknown, or its signature is wrong."""

    code = "invalid_key"


class NoSenderKey(SignalFailure):
    """The sender's group key has not arrived yet."""

    code = "no_sender_key"


class MediaFailure(WireError):
    """An encrypted file cannot be opened."""

    code = "media"


class MediaHashMismatch(MediaFailure):
    """A file does not match its hash, its MAC or its length."""

    code = "media_hash_mismatch"


class AppStateFailure(WireError):
    """An app-state patch or snapshot cannot be applied."""

    code = "app_state"


class AppStateKeyMissing(AppStateFailure):
    """The key of this app-state mutation is not known yet; the phone can be asked for it."""

    code = "app_state_key_missing"

    def __init__(
        self, key_id: bytes, detail: str | None = None, *, others: Collection[bytes] = ()
    ) -> None:
        super().__init__(detail)
        self.key_id = key_id
        self.key_ids = frozenset({key_id, *others})


class AppStateMacMismatch(AppStateFailure):
    """An app-state MAC does not fit: the local copy and the server's differ."""

    code = "app_state_mac_mismatch"
