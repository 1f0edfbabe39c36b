"""How long the messages of a chat last."""

from stored.desk import Desk
from stored.makers import ANN, ANN_LID, GROUP, at, key, received
from wigwag.core.identity import Recording
from wigwag.core.timers import MAX_TIMER_S, lasting
from wigwag.model.archived import ArchivedChat
from wigwag.model.chat import ChatSummary, Group
from wigwag.model.content import Content, Context, Reaction, Text, TimerSet
from wigwag.model.event import (
    GroupChanged,
    GroupChangeKind,
    GroupJoined,
    HistoryReceived,
    IdentityLinked,
)
from wigwag.model.jid import Jid

ACCOUNT = "default"
DAY_S, WEEK_S = 86_400, 604_800


async def chat(desk: Desk, jid: Jid = ANN) -> ArchivedChat:
    return await desk.library.get_chat(ACCOUNT, str(jid))


async def test_either_side_sets_it(linked: Desk) -> None:
    await linked.take(received("T1", TimerSet(seconds=DAY_S), seconds=1))
    assert (await chat(linked)).ephemeral_s == DAY_S
    await linked.take(received("T2", TimerSet(seconds=0), from_me=True, seconds=2))
    assert (await chat(linked)).ephemeral_s == 0
    told = await linked.events("chat.updated")
    assert [one["ephemeral_seconds"] for one in told] == [DAY_S, None]
    assert linked.count("messages") == 0


async def test_what_comes_twice_or_late_changes_nothing(linked: Desk) -> None:
    late = received("T1", TimerSet(seconds=DAY_S), seconds=1)
    again = received("T2", TimerSet(seconds=WEEK_S), seconds=2)
    await linked.take(again, again, late)
    assert (await chat(linked)).ephemeral_s == WEEK_S
    assert len(await linked.events("chat.updated")) == 1


async def test_a_wild_claim_is_bounded(linked: Desk) -> None:
    await linked.take(received("T1", TimerSet(seconds=2**32 - 1)))
    assert (await chat(linked)).ephemeral_s == MAX_TIMER_S


async def test_a_member_of_a_group_does_not_set_it(linked: Desk) -> None:
    await linked.take(
        GroupJoined(group=Group(jid=GROUP, subject="Team", ephemeral_s=WEEK_S)),
        received("T1", TimerSet(seconds=DAY_S), chat=GROUP, sender=ANN),
    )
    assert (await chat(linked, GROUP)).ephemeral_s == WEEK_S
    off = GroupChanged(chat=GROUP, kind=GroupChangeKind.EPHEMERAL, timestamp=at(3))
    await linked.take(off)
    assert (await chat(linked, GROUP)).ephemeral_s == 0


async def test_history_tells_it_quietly_and_only_what_is_newer(linked: Desk) -> None:
    def history(seconds: int, at_s: int) -> HistoryReceived:
        summary = ChatSummary(jid=ANN, ephemeral_s=seconds, ephemeral_at=at(at_s))
        return HistoryReceived(sync_type="recent", progress=1, chunk=at_s, chats=(summary,))

    await linked.take(history(WEEK_S, 5))
    assert (await chat(linked)).ephemeral_s == WEEK_S
    assert await linked.events("chat.updated") == []
    await linked.take(history(DAY_S, 4))
    assert (await chat(linked)).ephemeral_s == WEEK_S


async def test_of_two_addresses_the_later_word_stays(linked: Desk) -> None:
    await linked.take(
        received("T1", TimerSet(seconds=DAY_S), seconds=1),
        received("T2", TimerSet(seconds=WEEK_S), chat=ANN_LID, seconds=2),
        IdentityLinked(lid=ANN_LID, pn=ANN),
    )
    assert (await chat(linked)).ephemeral_s == WEEK_S


async def test_what_is_sent_lasts_as_long_as_its_chat_says(linked: Desk) -> None:
    await linked.take(received("T1", TimerSet(seconds=DAY_S)))

    async def sent(content: Content, to: Jid = ANN) -> Content:
        return await linked.archive.write(
            lambda tx: lasting(Recording(tx, ACCOUNT, 0), str(to), content)
        )

    assert await sent(Text(text="x")) == Text(text="x", context=Context(ephemeral_s=DAY_S))
    own = Text(text="x", context=Context(ephemeral_s=WEEK_S))
    assert await sent(own) == own
    assert await sent(Text(text="x"), GROUP) == Text(text="x")
    reaction = Reaction(target=key("A1"), emoji="+")
    assert await sent(reaction) == reaction
