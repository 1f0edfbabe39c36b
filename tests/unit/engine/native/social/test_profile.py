"""Pictures, privacy and the blocklist, on the emulated network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from peers.native import NativePeer
from peers.stage import Stage
from scripted.traffic_stage import TrafficStage
from wigwag.model.errors import Forbidden, InvalidInput, NotOnWhatsApp
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
