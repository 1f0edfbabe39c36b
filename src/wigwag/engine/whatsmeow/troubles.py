"""The errors that callers meet, by what a child says of a call."""

from collections.abc import Callable
from typing import Final

from wigwag.engine.common.errors import RequestFailed, RequestTimeout
from wigwag.engine.whatsmeow.frames import Refusal, Trouble
from wigwag.model.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidInput,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    StorageFull,
    WigwagError,
)

_ERRORS: Final[dict[Trouble, Callable[[], WigwagError]]] = {
    Trouble.UNKNOWN: RequestTimeout,
    Trouble.NOT_READY: NotConnected,
    Trouble.NOT_ON_WHATSAPP: NotOnWhatsApp,
    Trouble.NOT_FOUND: lambda: NotFound("WhatsApp knows no such thing, or not for this account."),
    Trouble.FORBIDDEN: Forbidden,
    Trouble.CONFLICT: Conflict,
    Trouble.GONE: Gone,
    Trouble.INVALID: lambda: InvalidInput("WhatsApp does not take that."),
    Trouble.NO_NAME: lambda: NotConnected(
        "The phone has not told this device the account's name yet; keep it online."
    ),
    Trouble.FAILED: NotConnected,
    Trouble.DISK_FULL: StorageFull,
}


def error_of(refusal: Refusal) -> WigwagError:
    """What a refused call raises."""
    make = _ERRORS.get(refusal.trouble)
    return make() if make is not None else RequestFailed(refusal.server_code)
