"""App state of one account with two companions: the native engine and real whatsmeow."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from peers.native import NativePeer
from peers.stage import Companion, Stage, until
from wigwag.model.appstate import (
    AppMessage,
    AppStateChange,
    ChatArchived,
    ChatLabelled,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    LabelEdited,
    MessageStarred,
    PushNameSet,
    SyncPhase,
)
from wigwag.model.event import AppStateChanged
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.person import Person

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    wig: NativePeer
    ada: Companion
    """Two companions of one phone."""
    kurt: Person

    async def settings(self) -> dict[str, Any]:
        return await self.ada.call("chat_settings", jid=str(self.kurt.pn))

    async def until_settings(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        async def so() -> bool:
            return holds(await self.settings())

        await until(so)

    async def told(self, change: AppStateChange) -> None:
        await self.wig.wait(AppStateChanged, lambda e: any(t.change == change for t in e.changes))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    stage = await Stage.open(tmp_path_factory.mktemp("appstate"))
    try:
        kurt, wig = stage.sandbox.add_person(name="Kurt"), stage.native("Wig")
        ada = stage.companion("Ada", phone=wig.phone)
        await asyncio.gather(wig.link())
        await ada.link()
        await ada.wait_app_state()
        await wig.wait(AppStateChanged)
        yield Cast(stage, wig, ada, kurt)
        assert ada.complaints == []
    finally:
        await stage.close()


async def test_whatsmeow_follows_what_the_engine_writes(cast: Cast):
    chat = cast.kurt.pn
    until_then = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=8)
    appstate = cast.wig.engine.appstate
    await appstate.change([ChatPinned(chat=chat, pinned=True)])
    await cast.until_settings(lambda s: bool(s.get("Pinned")))
    await appstate.change(
        [ChatArchived(chat=chat, archived=True), ChatMuted(chat=chat, muted=True, until=until_then)]
    )
    await cast.until_settings(
        lambda s: bool(s.get("Archived")) and bool(s.get("MutedUntil")) and not s.get("Pinned")
    )
    muted = (await cast.settings())["MutedUntil"]
    named = ContactNamed(jid=chat, alt=cast.kurt.lid, full_name="Kurt F. Goedel", first_name="K")
    await appstate.change([named])
    await cast.ada.wait_contact(chat, "Kurt F. Goedel")
    await appstate.change([ChatMuted(chat=chat, muted=False)])
    await cast.until_settings(lambda s: s.get("MutedUntil") != muted)


async def test_the_engine_follows_what_whatsmeow_writes(cast: Cast):
    await cast.ada.call("set_push_name", name="Ada L.")
    await cast.told(PushNameSet(name="Ada L."))

    async def known() -> bool:
        return cast.wig.engine.state.push_name == "Ada L."

    await until(known)
    # and whatsmeow goes on upon what the engine writes after it
    await cast.wig.engine.appstate.change([PushNameSet(name="Wig again")])

    async def renamed() -> bool:
        return (await cast.ada.call("me"))["push_name"] == "Wig again"

    await until(renamed)
    await cast.ada.call("set_push_name", name="Ada")
    await cast.told(PushNameSet(name="Ada"))


async def test_the_phone_sees_what_the_engine_writes_and_the_other_way_round(cast: Cast):
    phone, star = cast.wig.phone.app_state, AppMessage(chat=cast.kurt.pn, id="3EB0AA")
    starred = MessageStarred(message=star, starred=True)
    labels = [
        LabelEdited(id="1", name="Work", color=2),
        ChatLabelled(label="1", chat=cast.kurt.pn, labelled=True),
    ]
    await cast.wig.engine.appstate.change([starred, *labels])
    assert starred in phone.values("regular_high")
    assert phone.values("regular") == labels
    unstarred = MessageStarred(message=star, starred=False)
    phone.change([unstarred])
    await cast.told(unstarred)


async def test_a_conflict_is_settled(cast: Cast):
    cast.stage.inject(FaultKind.APP_STATE_CONFLICT, cast.wig.device)
    pinned = ChatPinned(chat=cast.kurt.pn, pinned=True)
    await cast.wig.engine.appstate.change([pinned])
    await cast.told(pinned)
    await cast.until_settings(lambda s: bool(s.get("Pinned")))


async def test_the_copy_of_the_phone_mends_what_does_not_fit(cast: Cast):
    wig, chat = cast.wig, cast.kurt.pn
    fault = cast.stage.inject(FaultKind.APP_STATE_MAC, wig.device, count=2)
    unpinned = ChatPinned(chat=chat, pinned=False)
    wig.phone.app_state.change([unpinned])
    await cast.told(unpinned)
    cast.stage.sandbox.faults.remove(fault)

    async def mended() -> bool:
        return all(one.phase is SyncPhase.SYNCED for one in wig.engine.appstate.statuses())

    await until(mended)
    await wig.engine.appstate.change([ChatPinned(chat=chat, pinned=True)])
    await cast.until_settings(lambda s: bool(s.get("Pinned")))
