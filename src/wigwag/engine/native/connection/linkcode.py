"""Pairing by code: the companion's side of the exchange (whatsmeow pair-code.go)."""

import asyncio
from typing import Final

import msgspec
import structlog

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.stanzas import acknowledge, iq
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire.errors import PairingFailure
from wigwag.wire.nodes import Node
from wigwag.wire.pairing import (
    LinkPlatform,
    companion_finish,
    format_link_code,
    generate_link_code,
    wrap_ephemeral,
)
from wigwag.wire.signal.curve import KeyPair, RandomBytes, generate_key_pair

REG_TAG: Final = "link_code_companion_reg"
DISPLAY: Final = "Chrome (Linux)"
"""The server takes only common browsers and systems, in this form."""

_REQUEST_TIMEOUT_S: Final = 20.0

_log = structlog.get_logger(__name__)


class LinkCode(Value):
    """A code that was asked for and not used yet."""

    phone: Jid
    code: str
    ephemeral: KeyPair
    ref: bytes


async def ask_for_code(
    connection: Connection, device: DeviceRecord, phone: Jid, random: RandomBytes
) -> LinkCode:
    """Register a new code with the server; the phone is told to expect it.

    Raises InvalidInput when the server refuses the number, NotConnected, RequestTimeout.
    """
    code = generate_link_code(random)
    ephemeral = generate_key_pair(random)
    wrapped = await asyncio.to_thread(wrap_ephemeral, code, ephemeral.public, random)
    hello = Node(
        REG_TAG,
        {"jid": phone, "stage": "companion_hello", "should_show_push_notification": "true"},
        [
            Node("link_code_pairing_wrapped_companion_ephemeral_pub", {}, wrapped),
            Node("companion_server_auth_key_pub", {}, device.noise.public),
            Node("companion_platform_id", {}, LinkPlatform.CHROME.value.encode()),
            Node("companion_platform_display", {}, DISPLAY.encode()),
            Node("link_code_pairing_nonce", {}, b"\x00"),
        ],
    )
    try:
        reply = await connection.request(iq("md", "set", [hello]), _REQUEST_TIMEOUT_S, resend=False)
    except RequestFailed as error:
        raise InvalidInput(
            f"WhatsApp gives no pairing code for this number ({error.server_code})."
        ) from error
    registered = reply.child(REG_TAG)
    ref = registered.child("link_code_pairing_ref") if registered is not None else None
    if ref is None or not ref.data:
        raise InvalidInput("WhatsApp gave no pairing code for this number.")
    return LinkCode(phone=phone, code=code, ephemeral=ephemeral, ref=ref.data)


def shown_code(link_code: LinkCode) -> str:
    """The code as people read it: XXXX-XXXX."""
    return format_link_code(link_code.code)


async def finish_code(
    connection: Connection,
    device: DeviceRecord,
    link_code: LinkCode | None,
    notification: Node,
    random: RandomBytes,
) -> DeviceRecord:
    """Answer the phone's hello; the device with the secret that pair-success is checked with.

    Raises PairingFailure, NotConnected, RequestFailed, RequestTimeout.
    """
    await connection.send(acknowledge(notification))
    hello = notification.child(REG_TAG)
    if hello is None or link_code is None or _data(hello, "link_code_pairing_ref") != link_code.ref:
        raise PairingFailure("A phone answered a pairing code that was not asked for.")
    finish = await asyncio.to_thread(
        companion_finish,
        link_code.code,
        identity=device.identity,
        ephemeral=link_code.ephemeral,
        wrapped=_data(hello, "link_code_pairing_wrapped_primary_ephemeral_pub"),
        primary_identity=_data(hello, "primary_identity_pub"),
        random=random,
    )
    answer = Node(
        REG_TAG,
        {"jid": link_code.phone, "stage": "companion_finish"},
        [
            Node("link_code_pairing_wrapped_key_bundle", {}, finish.key_bundle),
            Node("companion_identity_public", {}, device.identity.public),
            Node("link_code_pairing_ref", {}, link_code.ref),
        ],
    )
    await connection.request(iq("md", "set", [answer]), _REQUEST_TIMEOUT_S, resend=False)
    return msgspec.structs.replace(device, adv_secret=finish.adv_secret)


def _data(node: Node, tag: str) -> bytes:
    child = node.child(tag)
    return child.data if child is not None else b""
