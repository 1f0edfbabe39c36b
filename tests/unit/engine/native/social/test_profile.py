"""Pictures, privacy and the blocklist, on the emulated network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from peers.native import NativePeer
from peers.stage import Stage
from scripted.traffic_stage import TrafficStage
from wigwag.model.errors import Forbidden, InvalidInput, NotOnWhatsApp
from wigwag.model.event import (
    BlocklistChanged,
    ContactsChanged,
    PictureChanged,
    PrivacyChanged,
    TimerChanged,
)
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.profile import PrivacySetting
from wigwag.wire.nodes import AttrValue, Node

JPEG = b"\xff\xd8\xff" + bytes(100)


@pytest.fixture
async def wig(tmp_path: Path) -> AsyncIterator[NativePeer]:
    stage = await Stage.open(tmp_path)
    try:
        peer = stage.native("Wig")
        await peer.link()
        yield peer
    finally:
        await stage.close()


async def test_pictures(wig: NativePeer) -> None:
    profile = wig.engine.profile
    assert await profile.find_picture(wig.lid) is None
    first = await profile.set_picture(wig.lid, JPEG)
    found = await profile.find_picture(wig.pn, preview=True)
    assert found is not None
    assert (found.id, found.preview, found.url[:8]) == (first, True, "https://")
    assert await profile.set_picture(wig.pn, None) == ""
    assert await profile.find_picture(wig.lid) is None
    group = wig.sandbox.create_group("Us", [wig.pn])
    kept = await profile.set_picture(group.jid, JPEG)
    picture = await profile.find_picture(group.jid)
    assert picture is not None
    assert picture.id == kept
    stranger = wig.sandbox.add_person(name="Ann")
    for who, data in ((stranger.lid, JPEG), (wig.lid, b"GIF"), (wig.lid, JPEG + bytes(10**6))):
        with pytest.raises(InvalidInput):
            await profile.set_picture(who, data)
    with pytest.raises(InvalidInput):
        await profile.find_picture(STATUS_JID)
    with pytest.raises(Forbidden):
        await profile.set_picture(Jid("120363999", "g.us"), JPEG)


async def test_a_picture_that_is_not_shown_to_us(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        answer = stage.connection.answer

        def refuse(node: Node) -> Node | None:
            if node.attr("xmlns") == "w:profile:picture":
                attrs: dict[str, AttrValue] = {"id": node.attr("id"), "type": "error"}
                return Node("iq", attrs, [Node("error", {"code": "401"})])
            return answer(node)

        stage.connection.answer = refuse
        with pytest.raises(Forbidden):
            await stage.traffic.social.profile.find_picture(Jid("100000000002", "lid"))


async def test_privacy_and_the_blocklist(wig: NativePeer) -> None:
    profile = wig.engine.profile
    assert (await profile.privacy())[PrivacySetting.LAST_SEEN] == "all"
    await profile.set_privacy(PrivacySetting.LAST_SEEN, "none")
    assert (await profile.privacy())[PrivacySetting.LAST_SEEN] == "none"
    ann = wig.sandbox.add_person(name="Ann")
    await profile.set_blocked(ann.lid, blocked=True)
    assert await profile.list_blocked() == [ann.lid]
    await profile.set_blocked(ann.pn, blocked=False)
    assert await profile.list_blocked() == []
    with pytest.raises(NotOnWhatsApp):
        await profile.set_blocked(Jid("19995550000", "s.whatsapp.net"), blocked=True)
    await profile.set_default_ephemeral(86400)
    with pytest.raises(InvalidInput):
        await profile.set_privacy(PrivacySetting.ONLINE, "")
    with pytest.raises(InvalidInput):
        await profile.set_blocked(Jid("1", "g.us"), blocked=True)
    with pytest.raises(InvalidInput):
        await profile.set_default_ephemeral(-1)


async def test_what_people_and_businesses_say_of_themselves(wig: NativePeer) -> None:
    profile = wig.engine.profile
    ann = wig.sandbox.add_person(name="Ann")
    account = wig.sandbox.network.directory.get(ann.lid)
    assert await profile.find_about(ann.pn) is None
    assert await profile.find_business(ann.pn) is None
    wig.sandbox.network.profiles.set_about(account, "Busy")
    told = await wig.wait(ContactsChanged, lambda e: e.contacts[0].about == "Busy")
    assert told.contacts[0].jid == ann.lid
    assert await profile.find_about(ann.pn) == "Busy"
    account.business = {"email": "shop@example.com"}
    found = await profile.find_business(ann.lid)
    assert found is not None
    assert (found.jid, found.email) == (ann.lid, "shop@example.com")
    await profile.set_about("At work")
    assert wig.phone.account.about == "At work"
    with pytest.raises(InvalidInput):
        await profile.set_about("x" * 140)
    with pytest.raises(InvalidInput):
        await profile.find_about(Jid("1", "g.us"))


async def test_what_others_change_is_told(wig: NativePeer) -> None:
    ann = wig.sandbox.add_person(name="Ann")
    account = wig.sandbox.network.directory.get(ann.lid)
    profiles = wig.sandbox.network.profiles
    profiles.set_picture(account, JPEG)
    picture = await wig.wait(PictureChanged)
    assert (picture.jid, picture.picture_id) == (ann.lid, account.picture_id)
    profiles.set_picture(account, None)
    await wig.wait(PictureChanged, lambda e: e.removed)
    profiles.set_timer(account, 86_400)
    timer = await wig.wait(TimerChanged)
    assert (timer.jid, timer.seconds) == (ann.lid, 86_400)


async def test_what_is_set_and_asked_for_is_told_too(wig: NativePeer) -> None:
    profile = wig.engine.profile
    ann = wig.sandbox.add_person(name="Ann")
    await profile.set_privacy(PrivacySetting.ONLINE, "none")
    await profile.privacy()
    await wig.wait(PrivacyChanged, lambda e: e.settings == ((PrivacySetting.ONLINE, "none"),))
    await wig.wait(PrivacyChanged, lambda e: len(e.settings) > 1)
    await profile.set_blocked(ann.lid, blocked=True)
    await profile.list_blocked()
    changes = ((ann.lid, True),)
    await wig.wait(BlocklistChanged, lambda e: e == BlocklistChanged(changes=changes))
    await wig.wait(BlocklistChanged, lambda e: e == BlocklistChanged(changes=changes, whole=True))
    await profile.set_default_ephemeral(60)
    assert (await wig.wait(TimerChanged)).jid == wig.pn
