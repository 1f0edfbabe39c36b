"""What it means that WhatsApp refuses a message."""

from wigwag.model.errors import Forbidden, NotFound, SendRejected, WigwagError
from wigwag.model.jid import Jid


def message_refused(chat: Jid, server_code: int) -> WigwagError:
    """The error for the sender of a message to `chat`; 0 where no code was told.

    A newsletter that takes nothing of this account, or that is not there, is the caller's mistake.
    """
    if chat.is_newsletter and server_code == 403:
        return Forbidden()
    if chat.is_newsletter and server_code == 404:
        return NotFound("WhatsApp knows no such newsletter, or no such post in it; look at both.")
    told = f": {server_code}" if server_code else "."
    return SendRejected(f"WhatsApp refused the message{told}", server_code=server_code or None)
