"""What every engine does besides messages: presence, people, the profile, calls."""

import pytest

from scripted.engine_town import HEAR_LIMIT_S, EngineTown
from scripted.waiting import until, until_async
from wigwag.model.appstate import (
    ChatArchived,
    ChatPinned,
    ContactNamed,
    MessageRange,
    PushNameSet,
)
from wigwag.model.capability import Capability
from wigwag.model.chat import ChatActivity
from wigwag.model.errors import NotConnected
from wigwag.model.event import (
    AppStateChanged,
    CallEnd,
    CallEnded,
    CallOffered,
    ChatPresenceChanged,
    PictureChanged,
    PresenceChanged,
)
from wigwag.model.profile import PrivacySetting
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def met(town: EngineTown) -> Person:
    """A person whom the account has talked with."""
    friend = town.sandbox.add_person("Finn")
    sent = await town.send(friend.pn, "hello")
    await friend.wait_for(lambda entry: entry.id == sent.id)
    await town.hear_message(friend.send_text(town.phone.pn, "hello yourself"))
    return friend


async def online(town: EngineTown) -> None:
    """Be shown online; the phone has to tell the account's name before."""

    async def is_shown() -> bool:
        try:
            await town.engine.presence.set_available(True)
        except NotConnected:
            return False
        return True

    await until_async(is_shown, HEAR_LIMIT_S)


async def test_whether_numbers_are_there(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    missing, there = await town.engine.check_numbers(["15559999999", friend.phone])
    assert (missing.phone, missing.jid) == ("15559999999", None)
    assert there.phone == friend.phone
    assert there.jid in (friend.pn, friend.lid)
    assert await town.engine.check_numbers([]) == []


async def test_a_number_that_is_there_has_its_lid(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    (there,) = await town.engine.check_numbers([friend.phone])
    assert (there.jid, there.lid) == (friend.pn, friend.lid)


async def test_being_online_and_seeing_who_is(town: EngineTown) -> None:
    friend = await met(town)
    await online(town)
    assert town.engine.presence.available
    await town.engine.presence.set_available(False)
    assert not town.engine.presence.available
    await town.engine.presence.set_available(True)
    await town.engine.presence.subscribe(friend.lid)
    mark = len(town.events)
    friend.set_presence(available=True)
    seen = await town.hear(PresenceChanged, lambda event: event.available, since=mark)
    assert seen.jid in (friend.lid, friend.pn)
    friend.set_presence(available=False)
    await town.hear(PresenceChanged, lambda event: not event.available, since=mark)


async def test_showing_that_one_types(town: EngineTown) -> None:
    friend = await met(town)
    await online(town)
    for activity in ChatActivity:
        await town.engine.presence.set_activity(friend.lid, activity)


@pytest.mark.capability(Capability.CHAT_PRESENCE)
async def test_seeing_who_types(town: EngineTown) -> None:
    friend = await met(town)
    await online(town)
    friend.set_presence(available=True)
    for activity in ("composing", "recording", "paused"):
        mark = len(town.events)
        friend.show_typing(town.phone.pn, activity)
        seen = await town.hear(ChatPresenceChanged, since=mark)
        assert seen.activity == activity
        assert seen.chat in (friend.lid, friend.pn)


async def test_pictures_of_others(town: EngineTown) -> None:
    friend = await met(town)
    assert await town.engine.profile.find_picture(friend.lid) is None
    profiles, directory = town.sandbox.network.profiles, town.sandbox.network.directory
    profiles.set_picture(directory.get(friend.lid), make_jpeg(4))
    changed = await town.hear(PictureChanged, lambda e: e.jid in (friend.lid, friend.pn))
    assert not changed.removed
    picture = await town.engine.profile.find_picture(friend.lid)
    assert picture is not None
    assert picture.url.startswith("https://")
    assert picture.id


async def test_the_own_picture_and_about(town: EngineTown) -> None:
    made = await town.engine.profile.set_picture(town.phone.pn, make_jpeg(5))
    assert made
    found = await town.engine.profile.find_picture(town.phone.pn)
    assert found is not None
    assert found.id == made
    await town.engine.profile.set_about("at sea")
    assert await town.engine.profile.find_about(town.phone.pn) == "at sea"


async def test_the_about_of_others(town: EngineTown) -> None:
    friend = await met(town)
    town.sandbox.network.profiles.set_about(
        town.sandbox.network.directory.get(friend.lid), "on an island"
    )
    assert await town.engine.profile.find_about(friend.lid) == "on an island"


@pytest.mark.capability(Capability.BUSINESS_PROFILES)
async def test_nobody_is_a_business(town: EngineTown) -> None:
    friend = await met(town)
    assert await town.engine.profile.find_business(friend.lid) is None


async def test_privacy(town: EngineTown) -> None:
    profile = town.engine.profile
    before = await profile.privacy()
    assert before[PrivacySetting.LAST_SEEN] == "all"
    await profile.set_privacy(PrivacySetting.LAST_SEEN, "contacts")
    assert (await profile.privacy())[PrivacySetting.LAST_SEEN] == "contacts"


async def test_shutting_people_out(town: EngineTown) -> None:
    friend = await met(town)
    profile = town.engine.profile
    await profile.set_blocked(friend.lid, blocked=True)
    assert {friend.lid, friend.pn} & set(await profile.list_blocked())
    await profile.set_blocked(friend.lid, blocked=False)
    assert not {friend.lid, friend.pn} & set(await profile.list_blocked())


async def test_messages_of_new_chats_last_a_day(town: EngineTown) -> None:
    await town.engine.profile.set_default_ephemeral(86_400)
    await town.engine.profile.set_default_ephemeral(0)


async def test_a_call_is_heard_of_and_turned_away(town: EngineTown) -> None:
    friend = await met(town)
    calls, find = town.sandbox.network.calls, town.sandbox.network.directory.get
    missed = calls.offer(find(friend.lid), find(town.phone.lid))
    offered = await town.hear(CallOffered, lambda event: event.id == missed.id)
    assert offered.caller in (friend.lid, friend.pn)
    calls.end(missed.id)
    ended = await town.hear(CallEnded, lambda event: event.id == missed.id)
    assert ended.reason is CallEnd.MISSED
    unwanted = calls.offer(find(friend.lid), find(town.phone.lid))
    offered = await town.hear(CallOffered, lambda event: event.id == unwanted.id)
    await town.engine.calls.reject(offered.caller, unwanted.id)


@pytest.mark.capability(Capability.APP_STATE_READ)
async def test_what_the_phone_changes_is_told(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    named = ContactNamed(jid=friend.pn, full_name="Finn Fisher", first_name="Finn")
    town.phone.app_state.name_contacts([named])

    def is_named(event: AppStateChanged) -> bool:
        changes = [timed.change for timed in event.changes]
        return any(isinstance(c, ContactNamed) and c.jid == friend.pn for c in changes)

    await town.hear(AppStateChanged, is_named)


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_what_we_change_the_phone_sees(town: EngineTown) -> None:
    friend = await met(town)
    reach = MessageRange(last_at=town.clock.now())
    await town.engine.appstate.change(
        [
            ChatPinned(chat=friend.lid, pinned=True),
            ChatArchived(chat=friend.lid, archived=True, range=reach),
        ]
    )
    state = town.phone.app_state
    state.pull("regular_low")
    assert [c for c in state.values("regular_low") if isinstance(c, ChatPinned) and c.pinned]


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_the_own_name_changes(town: EngineTown) -> None:
    await town.engine.appstate.change([PushNameSet(name="Captain")])
    await until(lambda: town.engine.state.push_name == "Captain")
