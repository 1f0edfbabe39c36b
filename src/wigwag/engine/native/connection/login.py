"""The login: from <success> to an active connection (whatsmeow connectionevents.go)."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.prekeys import PreKeys
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.store.writes import PutLid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

_SESSION_OFFSET: Final = timedelta(days=3)
_WEEK_MS: Final = 7 * 24 * 3600 * 1000

_log = structlog.get_logger(__name__)


async def complete_login(link: Link, prekeys: PreKeys, success: Node) -> None:
    """What a client does after <success>; when this returns, the account is online.

    A refused step is logged and passed over, as whatsmeow does. Raises NotConnected when the
    stream ends, and RequestTimeout when the server does not answer.
    """
    link.server_time_offset_s = time_offset_s(success, link.clock.now())
    await _learn_lid(link, success)
    try:
        await prekeys.ensure()
    except RequestFailed as error:
        _log.warning("prekeys_refused", account=link.account, server_code=error.server_code)
    try:
        await link.connection.request(iq("passive", "set", [Node("active")]), resend=False)
    except RequestFailed as error:
        _log.warning("active_refused", account=link.account, server_code=error.server_code)


async def _learn_lid(link: Link, success: Node) -> None:
    """The server's word on the own hidden address replaces ours."""
    try:
        lid = success.attr_jid("lid")
    except MalformedNode:
        lid = None
    if lid is None or not lid.is_lid or lid == link.device.lid:
        return
    if link.device.lid is not None:
        _log.warning("own_lid_changed", account=link.account)
    await link.store.commit([PutLid(link.account, lid.user, link.pn.user)])
    await link.save_device(lid=lid)


def time_offset_s(node: Node, now: datetime) -> float:
    """Server time minus ours by the attribute `t` of a stanza, 0 when it has none."""
    try:
        server_time = node.attr_int("t")
    except MalformedNode:
        server_time = 0
    return server_time - round(now.timestamp()) if server_time > 0 else 0.0


def unified_session(now: datetime, offset_s: float) -> Node:
    """The telemetry stanza of a session's begin: milliseconds into a shifted week."""
    at = now + timedelta(seconds=offset_s) + _SESSION_OFFSET
    session = str(int(at.timestamp() * 1000) % _WEEK_MS)
    return Node("ib", {}, [Node("unified_session", {"id": session})])
