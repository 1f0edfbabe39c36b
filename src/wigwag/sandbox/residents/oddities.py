"""Messages that no ordinary person writes: what businesses and advertisements send, and what no
client knows yet. Field numbers are those of waE2E in whatsmeow's proto."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from wigwag.wire.protobuf import delimited

_VIEW_ONCE_V2: Final = 55
_INNER: Final = 1


class Oddity(StrEnum):
    """A kind of message that is odd."""

    AD = "ad"
    """A text that answers an advertisement (externalAdReply)."""
    TEMPLATE = "template"
    BUTTONS = "buttons"
    LIST = "list"
    INTERACTIVE = "interactive"
    PRODUCT = "product"
    ORDER = "order"
    INVOICE = "invoice"
    EVENT = "event"
    FUTURE = "future"
    """Nothing but a field that nobody knows."""
    FUTURE_BESIDE_TEXT = "future_beside_text"
    """A text, and beside it a field that nobody knows."""
    FUTURE_WRAPPED = "future_wrapped"
    """A field that nobody knows, inside of a disappearing message."""
    EMPTY = "empty"
    """A message without a field."""
    BROKEN = "broken"
    """Bytes that are no message."""


def make_oddity(kind: Oddity, text: str) -> bytes:
    """A serialised waE2E.Message of this kind that says `text` somewhere."""
    return _MAKERS[kind](text.encode())


def view_once(message: bytes) -> bytes:
    """A message that may be looked at once."""
    return delimited(_VIEW_ONCE_V2, delimited(_INNER, message))


def _ad(text: bytes) -> bytes:
    reply = (
        delimited(1, b"An advertisement")
        + delimited(2, b"Come and see")
        + delimited(7, b"ad")
        + delimited(8, b"120200000000000001")
        + delimited(9, b"https://ads.example/1")
    )
    context = delimited(28, reply) + delimited(18, b"FB_Ads")
    return delimited(6, delimited(1, text) + delimited(17, context))


def _template(text: bytes) -> bytes:
    button = delimited(2, delimited(1, b"Visit") + delimited(2, b"https://shop.example"))
    four_rows = delimited(6, text) + delimited(7, b"A shop") + delimited(8, button)
    return delimited(25, delimited(2, four_rows) + delimited(4, four_rows))


def _buttons(text: bytes) -> bytes:
    button = delimited(1, b"yes") + delimited(2, delimited(1, b"Yes"))
    return delimited(42, delimited(6, text) + delimited(9, button))


def _list(text: bytes) -> bytes:
    section = delimited(1, b"Tea") + delimited(2, delimited(1, b"Green") + delimited(3, b"1"))
    return delimited(36, delimited(2, text) + delimited(3, b"Choose") + delimited(5, section))


def _interactive(text: bytes) -> bytes:
    button = delimited(1, b"cta_url") + delimited(2, b"{}")
    return delimited(45, delimited(2, delimited(1, text)) + delimited(6, delimited(1, button)))


_MAKERS: Final[dict[Oddity, Callable[[bytes], bytes]]] = {
    Oddity.AD: _ad,
    Oddity.TEMPLATE: _template,
    Oddity.BUTTONS: _buttons,
    Oddity.LIST: _list,
    Oddity.INTERACTIVE: _interactive,
    Oddity.PRODUCT: lambda text: delimited(30, delimited(1, delimited(3, text))),
    Oddity.ORDER: lambda text: delimited(38, delimited(1, b"1") + delimited(6, text)),
    Oddity.INVOICE: lambda text: delimited(41, delimited(1, text) + delimited(2, b"token")),
    Oddity.EVENT: lambda text: delimited(75, delimited(3, text)),
    Oddity.FUTURE: lambda text: delimited(2_000, text),
    Oddity.FUTURE_BESIDE_TEXT: lambda text: delimited(1, text) + delimited(2_000, b"?"),
    Oddity.FUTURE_WRAPPED: lambda text: delimited(40, delimited(1, delimited(2_000, text))),
    Oddity.EMPTY: lambda _text: b"",
    Oddity.BROKEN: lambda text: b"\xff\xff\xff" + text,
}
