"""Every error that a caller can meet: a stable code, a sentence with the next step, a status."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from wigwag.model.capability import Capability

_TAKE_NATIVE: Final = "Take the native engine for it (docs/howto/engines.md)."


class WigwagError(Exception):
    """The root. The docstring of a subclass is its default sentence.

    `code` is a stable word for programs, `status` the HTTP status that fits;
    `facts` are further members of the problem document, by name.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    facts: Mapping[str, int | str] = {}

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or " ".join((type(self).__doc__ or "").split()))

    @property
    def detail(self) -> str:
        return str(self.args[0])


class InvalidInput(WigwagError):
    """The request is not valid."""

    code = "invalid_input"
    status = 400


class NotApplicable(InvalidInput):
    """That cannot be done with what this is."""

    code = "not_applicable"
    status = 409


class NotSchedulable(InvalidInput):
    """A message cannot be sent at that time."""

    code = "not_schedulable"
    status = 422


class MalformedJid(InvalidInput):
    """That is neither a phone number in international form nor a WhatsApp address."""

    code = "malformed_jid"


class EmptyMessage(InvalidInput):
    """The message is empty: give a text, or a media file."""

    code = "empty_message"


class MediaUnreadable(InvalidInput):
    """The media file cannot be read."""

    code = "media_unreadable"


class MediaRefused(MediaUnreadable):
    """The media file asks for more memory or time than is reasonable."""

    code = "media_refused"


class MediaToolMissing(MediaUnreadable):
    """Converting this file needs Pillow and PyAV; install them with: pip install 'wigwag[media]'"""

    code = "media_tool_missing"


class MediaForbidden(InvalidInput):
    """The media file lies outside the folders that WIGWAG_MEDIA_ROOTS allows (by default the
    store's outbox)."""

    code = "media_forbidden"
    status = 403


class MediaTooLarge(InvalidInput):
    """The media file is larger than the limit."""

    code = "media_too_large"
    status = 413

    @classmethod
    def beyond(cls, limit_bytes: int) -> "MediaTooLarge":
        return cls(f"The file is larger than the limit of {limit_bytes} bytes.")


class UrlRefused(InvalidInput):
    """The URL does not lead to a public address over http or https; hand the file over to
    POST /v1/media, or have the operator allow the host."""

    code = "url_refused"
    status = 403


class ReceiverRefused(InvalidInput):
    """The address of the webhook is not a public one: nothing would be delivered there. Add it to
    WIGWAG_WEBHOOK_ALLOW and start the server anew."""

    code = "address_refused"

    @classmethod
    def at(cls, host: str) -> "ReceiverRefused":
        return cls(
            f"{host} is not a public address: nothing would be delivered there. Add it to "
            f"WIGWAG_WEBHOOK_ALLOW (as in WIGWAG_WEBHOOK_ALLOW={host}) and start the server anew."
        )


class UrlFailed(InvalidInput):
    """The file at the URL cannot be had."""

    code = "url_failed"
    status = 422


class NotFound(WigwagError):
    """There is no such thing here."""

    code = "not_found"
    status = 404


class NotOnWhatsApp(NotFound):
    """That number is not on WhatsApp; check the country code."""

    code = "not_on_whatsapp"


class UnknownUpload(NotFound):
    """There is no uploaded file of that media_id (they last for a day): upload it again."""

    code = "unknown_media_id"


class AmbiguousId(WigwagError):
    """Several messages share this id; say which chat and sender you mean."""

    code = "ambiguous_id"
    status = 409


class Forbidden(WigwagError):
    """WhatsApp does not allow that: only an admin, or only the owner of this, may do it."""

    code = "forbidden"
    status = 403


class Unauthorized(WigwagError):
    """The API key that was sent opens nothing here: it is not known, has expired, or was taken
    back. Look whether it is the right one, or have an admin make another (POST /v1/keys)."""

    code = "unauthorized"
    status = 401


class ScopeMissing(WigwagError):
    """This key may not do that; take one with another scope."""

    code = "scope_missing"
    status = 403


class Conflict(WigwagError):
    """Somebody else has changed this meanwhile; look at it, and try again."""

    code = "conflict"
    status = 409


class Gone(WigwagError):
    """This link is void: it was reset, or has expired."""

    code = "gone"
    status = 410


class NotConnected(WigwagError):
    """Not connected to WhatsApp"""

    code = "not_connected"
    status = 503


class NotPaired(NotConnected):
    """This account is not linked yet; scan the QR code with the phone first."""

    code = "not_paired"
    status = 409


class LoggedOut(NotConnected):
    """This account was unlinked from the phone; pair it again."""

    code = "logged_out"
    status = 409


class AppStateUnavailable(WigwagError):
    """The phone has not shared what this change needs; keep it online and try again in a minute."""

    code = "app_state_unavailable"
    status = 503


class AppStateConflict(WigwagError):
    """Other devices of this account keep changing the same settings; try again."""

    code = "app_state_conflict"
    status = 409


class SendRejected(WigwagError):
    """WhatsApp refused the message."""

    code = "send_rejected"
    status = 502

    def __init__(self, detail: str | None = None, *, server_code: int | None = None) -> None:
        super().__init__(detail)
        self.server_code = server_code


class SendTimeout(WigwagError):
    """WhatsApp did not acknowledge the message in time; it stays queued and is sent again."""

    code = "send_timeout"
    status = 504


class WhatsAppBusy(WigwagError):
    """WhatsApp refuses for the moment what a message needs before it leaves; try again later."""

    code = "whatsapp_busy"
    status = 503


class SendUnknown(WigwagError):
    """Whether WhatsApp took the message is not known, and it is not sent again by itself; look
    into the chat on the phone before you send it once more."""

    code = "send_unknown"
    status = 504


class MediaGone(WigwagError):
    """Neither WhatsApp nor the phone has this file any more."""

    code = "media_gone"
    status = 410


class MediaAwaited(WigwagError):
    """WhatsApp no longer has this file; the phone was asked to upload it again, try later."""

    code = "media_awaited"
    status = 503


class MediaCorrupt(WigwagError):
    """The file that WhatsApp delivered does not match its hash and was not stored."""

    code = "media_corrupt"
    status = 502


class MediaTransferFailed(WigwagError):
    """The media host did not deliver the file; try again later."""

    code = "media_transfer_failed"
    status = 502


class StorageFull(WigwagError):
    """The disk is full; free some space, the server goes on by itself."""

    code = "disk_full"
    status = 507


class DiskLow(WigwagError):
    """The disk is nearly full, and what is left is for messages; free some space."""

    code = "disk_low"
    status = 507


class UploadsFull(WigwagError):
    """The uploaded files that wait to be sent take all the room that they may."""

    code = "uploads_full"
    status = 507


class StorageBusy(WigwagError):
    """The database is locked by another program; it is tried again."""

    code = "database_locked"
    status = 503


class QueryTimeout(WigwagError):
    """The search took too long; narrow it by a chat, a sender or a time."""

    code = "query_timeout"
    status = 503


class QueueFull(WigwagError):
    """Too many messages wait to be sent; try again when some have left."""

    code = "queue_full"
    status = 503


class IdempotencyConflict(WigwagError):
    """This Idempotency-Key was used for another request; take a new key."""

    code = "idempotency_conflict"
    status = 422


class OutcomeUnknown(WigwagError):
    """It is not known whether WhatsApp made it, because the server ended or the answer was lost
    meanwhile; look into the list, and take another Idempotency-Key to make it anew."""

    code = "outcome_unknown"
    status = 409


class CursorExpired(WigwagError):
    """The events after this cursor are kept no longer; go on from `oldest_seq`, less one."""

    code = "cursor_expired"
    status = 410

    def __init__(self, oldest_seq: int, detail: str | None = None) -> None:
        super().__init__(detail)
        self.facts = {"oldest_seq": oldest_seq}


class TooManyStreams(WigwagError):
    """Too many streams of events are open; close one of them first."""

    code = "too_many_streams"
    status = 429


class StoreInUse(WigwagError):
    """Another wigwag already runs on this store; stop it first, or choose another --store."""

    code = "store_in_use"
    status = 409


class Unsupported(WigwagError):
    """This engine cannot do that."""

    code = "unsupported"
    status = 501


class EngineUnavailable(Conflict):
    """That engine cannot be had here."""

    code = "engine_unavailable"


class NotSupportedByEngine(WigwagError):
    """The engine of this account cannot do that; what it can, GET /v1/accounts/{account} lists."""

    code = "not_supported_by_engine"
    status = 501

    def __init__(self, capability: Capability, why: str = "") -> None:
        """`why` is a sentence."""
        parts = (f"The engine of this account cannot {capability.what}.", why, _TAKE_NATIVE)
        super().__init__(" ".join(filter(None, parts)))
        self.facts = {"capability": capability.value}


class ConfigError(WigwagError):
    """A setting is not valid."""

    code = "config"


def status_of(code: str) -> int:
    """The HTTP status of an error that was kept by its code; 502 for what another side said."""
    return _STATUSES.get(code, 502)


def _subclasses(kind: type[WigwagError]) -> Iterator[type[WigwagError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


_STATUSES: Final = {kind.code: kind.status for kind in (WigwagError, *_subclasses(WigwagError))}
