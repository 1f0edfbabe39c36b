"""Which hosts hold media, and what they let us in with (whatsmeow mediaconn.go)."""

import asyncio
import re
from typing import Final

from wigwag.engine.common.transfer import MediaHosts
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.model.errors import MediaTransferFailed
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_HOSTS: Final = 8
_TIMEOUT_S: Final = 75.0
_MAX_TTL_S: Final = 24 * 3600
_HOSTNAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?")


class HostCache:
    """The media hosts of one account, asked for when they are needed and not known any more."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._known: MediaHosts | None = None
        self._asking = asyncio.Lock()

    async def get(self, *, force: bool = False) -> MediaHosts:
        """Raises NotConnected, RequestTimeout, RequestFailed, MediaTransferFailed."""
        before = self._known
        async with self._asking:
            known = self._known
            now = self._link.clock.monotonic()
            is_fresh = known is not None and now < known.fetched_at + known.ttl_s
            if known is None or not is_fresh or (force and known is before):
                known = self._known = await self._ask()
            return known

    async def _ask(self) -> MediaHosts:
        answer = await self._link.connection.request(
            iq("w:m", "set", [Node("media_conn")]), _TIMEOUT_S
        )
        node = answer.child("media_conn")
        if node is None:
            raise MediaTransferFailed("WhatsApp named no media hosts; try again later.")
        return parse_hosts(node, self._link.clock.monotonic())


def parse_hosts(node: Node, now: float) -> MediaHosts:
    """A `<media_conn>`. Raises MediaTransferFailed when no usable host is in it."""
    names: list[str] = []
    for host in node.children_with("host")[:MAX_HOSTS]:
        name = host.attr("hostname")
        if _HOSTNAME.fullmatch(name):
            names.append(name)
    try:
        ttl_s = min(max(node.attr_int("ttl"), 0), _MAX_TTL_S)
    except MalformedNode:
        ttl_s = 0
    auth = node.attr("auth")
    if not names or not auth:
        raise MediaTransferFailed("WhatsApp named no media hosts; try again later.")
    return MediaHosts(auth=auth, ttl_s=ttl_s, names=tuple(names), fetched_at=now)
