"""Disappearing messages, switched on and off from here."""

from typing import Any, cast

import msgspec
import pytest

from stored.desk import Desk
from stored.makers import ANN, GROUP, received
from stored.outgoing import RecordedSending
from wigwag.core.disappearing import Disappearing
from wigwag.core.grouping import GroupChanges
from wigwag.model.archived import ArchivedChat
from wigwag.model.chat import GroupSettings
from wigwag.model.content import TimerSet
from wigwag.model.errors import NotApplicable, SendRejected
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import SendState

ACCOUNT = "default"


class RecordedGrouping:
    def __init__(self) -> None:
        self.changes: list[tuple[str, GroupChanges]] = []

    async def change(self, _account: str, chat: str, changes: GroupChanges) -> None:
        self.changes.append((chat, changes))


class Scene:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.sending = RecordedSending()
        self.grouping = RecordedGrouping()
        self.disappearing = Disappearing(
            desk.library, cast("Any", self.sending), cast("Any", self.grouping)
        )

    async def set(self, jid: Jid, seconds: int) -> ArchivedChat:
        chat = await self.desk.library.get_chat(ACCOUNT, str(jid))
        return await self.disappearing.set_timer(chat, seconds)


@pytest.fixture
def scene(linked: Desk) -> Scene:
    return Scene(linked)


async def test_in_a_chat_of_two_it_is_a_message(linked: Desk, scene: Scene) -> None:
    await linked.take(received("A1"))
    await scene.set(ANN, 86_400)
    assert [draft.content for draft in scene.sending.drafts] == [TimerSet(seconds=86_400)]
    assert scene.sending.options["require_connected"] is True


async def test_what_is_so_already_is_no_change(linked: Desk, scene: Scene) -> None:
    await linked.take(received("T1", TimerSet(seconds=86_400)))
    assert (await scene.set(ANN, 86_400)).ephemeral_s == 86_400
    assert scene.sending.drafts == []


async def test_in_a_group_it_is_a_setting(linked: Desk, scene: Scene) -> None:
    await linked.take(received("A1", chat=GROUP, sender=ANN))
    await scene.set(GROUP, 604_800)
    wanted = GroupChanges(settings=GroupSettings(ephemeral_s=604_800))
    assert scene.grouping.changes == [(str(GROUP), wanted)]


async def test_a_refusal_and_a_chat_without_it(linked: Desk, scene: Scene) -> None:
    await linked.take(received("A1"), received("S1", chat=STATUS_JID, sender=ANN))
    with pytest.raises(NotApplicable):
        await scene.set(STATUS_JID, 86_400)
    scene.sending.made = msgspec.structs.replace(
        scene.sending.made, state=SendState.FAILED, error="It was refused."
    )
    with pytest.raises(SendRejected, match="It was refused"):
        await scene.set(ANN, 86_400)
