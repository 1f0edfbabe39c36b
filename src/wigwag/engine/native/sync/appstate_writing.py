"""Writing app state: a patch on top of what the server has, again when somebody was quicker.

The patch that the server took comes back by the next fetch, and only there it is applied and told,
like the change of any other device (whatsmeow appstate.go, SendAppState).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from wigwag.engine.common.errors import CollectionRefused
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.sync.appstate_sync import CollectionSync, answered
from wigwag.model.appstate import AppStateChange, ChatArchived, ChatPinned
from wigwag.model.errors import AppStateConflict, AppStateUnavailable
from wigwag.wire.appstate import CollectionState, make_patch
from wigwag.wire.appstate_mutation import Change, KeyRing
from wigwag.wire.appstate_writing import collection_of
from wigwag.wire.nodes import Node

TRIES: Final = 5
"""Patches that are made for one change while others are quicker."""
_CONFLICT: Final = "409"
_TIMEOUT_S: Final = 75.0

_log = structlog.get_logger(__name__)


def by_collection(changes: Sequence[AppStateChange]) -> dict[str, list[AppStateChange]]:
    """The changes of each collection in their order. Archiving a chat unpins it, as on a phone."""
    pinned = {change.chat for change in changes if isinstance(change, ChatPinned)}
    found: dict[str, list[AppStateChange]] = {}
    for change in changes:
        group = found.setdefault(collection_of(change), [])
        group.append(change)
        if isinstance(change, ChatArchived) and change.archived and change.chat not in pinned:
            group.append(ChatPinned(chat=change.chat, pinned=False))
    return found


class PatchWriter:
    """Hands the changes of this device to the server."""

    def __init__(self, link: Link, sync: CollectionSync) -> None:
        self._link = link
        self._sync = sync

    async def write(self, name: str, changes: Sequence[AppStateChange], at: datetime) -> None:
        """Returns when the server has taken them; they are not applied here yet.

        Raises AppStateUnavailable, AppStateConflict, CollectionRefused, AppStateFailure,
        NotConnected (nothing was taken, or it will be found at the next login), RequestTimeout,
        RequestFailed.
        """
        key = self._link.store.latest_appstate_key(self._link.account)
        if key is None:
            raise AppStateUnavailable
        made = [Change(action=change, timestamp=at) for change in changes]
        for _ in range(TRIES):
            state = self._sync.state(name)
            if state is None:
                await self._sync.fetch(name)
                continue
            patch = make_patch(
                name,
                state,
                made,
                key.id,
                KeyRing({key.id: key.data}.get),
                find_mac=lambda mac: self._link.store.find_appstate_mac(
                    self._link.account, name, mac
                ),
                random=self._link.random,
            )
            if await self._send(name, state, patch.raw):
                return
        raise AppStateConflict

    async def _send(self, name: str, state: CollectionState, patch: bytes) -> bool:
        """Whether the server took it; if not, what others had changed was applied."""
        attrs = {"name": name, "version": str(state.version), "return_snapshot": "false"}
        body = Node("collection", dict(attrs), [Node("patch", {}, patch)])
        # Never sent again by itself: the first one may have been taken.
        answer = await self._link.connection.request(
            iq("w:sync:app:state", "set", [Node("sync", {}, [body])]), _TIMEOUT_S, resend=False
        )
        collection = answered(answer, name)
        if collection.attr("type") != "error":
            return True
        error = collection.child("error")
        if error is None or error.attr("code") != _CONFLICT:
            raise CollectionRefused
        _log.info("appstate_conflict", collection=name)
        await self._sync.take(name, collection)
        if collection.attr("has_more_patches") == "true":
            await self._sync.fetch(name)
        return False
