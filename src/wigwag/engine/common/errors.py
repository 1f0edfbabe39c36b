"""Errors of an engine that its callers can tell apart."""

from wigwag.model.errors import WigwagError
from wigwag.wire.nodes import Node


class RequestFailed(WigwagError):
    """WhatsApp refused a request."""

    code = "request_failed"
    status = 502

    def __init__(self, server_code: int = 0, text: str = "", node: Node | None = None) -> None:
        super().__init__(f"WhatsApp refused a request: {server_code} {text}".rstrip())
        self.server_code = server_code
        self.text = text
        self.node = node

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be answered later."""
        return self.server_code in (408, 429) or self.server_code >= 500


class RequestTimeout(WigwagError):
    """WhatsApp did not answer a request in time; try again."""

    code = "request_timeout"
    status = 504


class CollectionRefused(WigwagError):
    """WhatsApp refused an app-state collection; it is tried again later."""

    code = "app_state_refused"
    status = 502


class StoreFailed(WigwagError):
    """The engine's database refused a write; nothing of it was saved."""

    code = "store_failed"


class WriteRefused(StoreFailed):
    """The engine's database cannot hold this value; it refuses it again and again."""


class StoreCorrupt(WigwagError):
    """The engine's database cannot be read; restore whatsapp.db from a backup, or pair again."""

    code = "store_corrupt"


class StoreTooNew(WigwagError):
    """The engine's database was written by a newer wigwag; update wigwag."""

    code = "store_too_new"


class DialFailed(WigwagError):
    """WhatsApp cannot be reached; it is tried again."""

    code = "unreachable"
    status = 503


class SocketClosed(WigwagError):
    """The connection to WhatsApp has ended."""

    code = "connection_closed"
    status = 503


class AlreadyPaired(WigwagError):
    """This account is linked already; unlink it first to pair anew."""

    code = "already_paired"
    status = 409
