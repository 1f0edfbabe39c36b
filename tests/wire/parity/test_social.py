"""Presence, groups and calls: what a client does besides messages."""

from collections.abc import Callable

import pytest

from peers.native import NativePeer
from peers.parity.duo import Duo
from peers.parity.side import Side
from wigwag.model.chat import ChatActivity, GroupSettings, MemberChange, NewGroup
from wigwag.model.event import CallOffered
from wigwag.model.jid import parse_jid

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


def group_of(name: str) -> Callable[[Side], str]:
    return lambda side: str(side.groups[name])


def lid_of(name: str) -> Callable[[Side], str]:
    return lambda side: str(side.lid(name))


async def create(duo: Duo, name: str, *people: str) -> None:
    """Both make a group of these people, and call it by the same word."""

    async def theirs() -> None:
        made = await duo.ada.call(
            "create_group",
            subject=name.title(),
            participants=[str(duo.theirs.lid(one)) for one in people],
        )
        duo.theirs.groups[name] = parse_jid(made)

    async def ours() -> None:
        participants = tuple(duo.ours.lid(one) for one in people)
        made = await duo.wig.engine.groups.create(
            NewGroup(subject=name.title(), participants=participants)
        )
        duo.ours.groups[name] = made.jid

    await duo.play(theirs, ours)


async def test_presence(duo: Duo):
    await duo.do(
        "subscribe_presence",
        lambda side, wig: wig.engine.presence.subscribe(side.lid("friend")),
        jid=lid_of("friend"),
    )
    await duo.do(
        "presence",
        lambda _, wig: wig.engine.presence.set_available(True),
        available=lambda _: True,
    )
    await duo.each(lambda side: side.hear("seen at once"))


@pytest.mark.parametrize("activity", list(ChatActivity))
@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_typing(duo: Duo, activity: ChatActivity, chat: str):
    await duo.do(
        "activity",
        lambda side, wig: wig.engine.presence.set_activity(side.lid(chat), activity),
        chat=lid_of(chat),
        activity=lambda _: activity.value,
    )


async def test_a_group_of_ones_own(duo: Duo):
    await duo.meet("first", "second")
    await create(duo, "own", "first", "second")

    async def change(change: MemberChange) -> None:
        await duo.do(
            "change_members",
            lambda side, wig: wig.engine.groups.change_members(
                side.groups["own"], change, [side.lid("second")]
            ),
            jid=group_of("own"),
            members=lambda side: [str(side.lid("second"))],
            action=lambda _: change.name,
        )

    for one in ("PROMOTE", "DEMOTE", "REMOVE", "ADD"):
        await change(MemberChange[one])
    await duo.each(lambda side: side.say("own", "who is here?"))
    await duo.do(
        "set_subject",
        lambda side, wig: wig.engine.groups.set_subject(side.groups["own"], "Other"),
        jid=group_of("own"),
        subject=lambda _: "Other",
    )
    for topic in ("A topic", ""):
        await duo.do(
            "set_topic",
            lambda side, wig, topic=topic: wig.engine.groups.set_description(
                side.groups["own"], topic
            ),
            jid=group_of("own"),
            topic=lambda _, topic=topic: topic,
        )
    for on in (True, False):
        await duo.do(
            "set_announce",
            lambda side, wig, on=on: wig.engine.groups.set_settings(
                side.groups["own"], GroupSettings(announce=on)
            ),
            jid=group_of("own"),
            announce=lambda _, on=on: on,
        )
        await duo.do(
            "set_locked",
            lambda side, wig, on=on: wig.engine.groups.set_settings(
                side.groups["own"], GroupSettings(locked=on)
            ),
            jid=group_of("own"),
            locked=lambda _, on=on: on,
        )
    await duo.do(
        "join_requests",
        lambda side, wig: wig.engine.groups.list_requests(side.groups["own"]),
        jid=group_of("own"),
    )
    for op, reset in (("invite_link", False), ("reset_invite", True)):
        await duo.do(
            op,
            lambda side, wig, reset=reset: wig.engine.groups.invite_link(
                side.groups["own"], reset=reset
            ),
            jid=group_of("own"),
        )
    await duo.do(
        "leave_group",
        lambda side, wig: wig.engine.groups.leave(side.groups["own"]),
        jid=group_of("own"),
    )


async def test_a_link_into_a_group(duo: Duo):
    await duo.meet("inviter", "invited")
    groups = duo.stage.sandbox.network.groups
    for side in duo.sides:
        people = [side.jid("inviter"), side.jid("invited")]
        made = duo.stage.sandbox.create_group("Open", people)
        side.groups["open"] = made.jid
        side.words[made.invite] = "<invite>"

    def link(side: Side) -> str:
        return f"https://chat.whatsapp.com/{groups.get(side.groups['open']).invite}"

    await duo.do("preview", lambda side, wig: wig.engine.groups.preview(link(side)), link=link)
    await duo.do("join_by_link", lambda side, wig: wig.engine.groups.join(link(side)), link=link)
    await duo.each(lambda side: side.say("open", "here I am"))


async def test_a_call_turned_away(duo: Duo):
    network = duo.stage.sandbox.network
    calls: dict[int, str] = {}

    async def ring(side: Side) -> None:
        find = network.directory.get
        call = network.calls.offer(find(side.lid("friend")), find(side.client.lid))
        calls[id(side)] = side.call("call", call.id)
        if isinstance(side.client, NativePeer):
            await side.client.wait(CallOffered, lambda event: event.id == call.id)

    def call_id(side: Side) -> str:
        return calls[id(side)]

    await duo.each(ring)
    await duo.do(
        "reject_call",
        lambda side, wig: wig.engine.calls.reject(side.lid("friend"), call_id(side)),
        caller=lid_of("friend"),
        call_id=call_id,
    )


async def test_the_profile(duo: Duo):
    await duo.meet("seen")
    for side in duo.sides:
        account = duo.stage.sandbox.network.directory.get(side.lid("seen"))
        account.picture_id, account.picture_path = "1", "/v/t61/1"
    await duo.do(
        "picture",
        lambda side, wig: wig.engine.profile.find_picture(side.lid("seen")),
        jid=lid_of("seen"),
    )
    await duo.do(
        "default_ephemeral",
        lambda _, wig: wig.engine.profile.set_default_ephemeral(86400),
        seconds=lambda _: 86400,
    )
    await duo.do("blocklist", lambda _, wig: wig.engine.profile.list_blocked())
    for name in ("seen", "friend"):
        for blocked in (True, False):
            await duo.do(
                "block",
                lambda side, wig, name=name, blocked=blocked: wig.engine.profile.set_blocked(
                    side.lid(name), blocked=blocked
                ),
                jid=lid_of(name),
                blocked=lambda _, blocked=blocked: blocked,
            )
