"""The profile, presence taken back, and communities."""

import base64

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side
from wigwag.model.profile import PrivacySetting

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

JPEG = b"\xff\xd8\xff" + bytes(100)
PICTURE = base64.b64encode(JPEG).decode()


async def test_the_own_about(duo: Duo):
    for about in ("At work", ""):
        await duo.do(
            "set_about",
            lambda _, wig, about=about: wig.engine.profile.set_about(about),
            about=lambda _, about=about: about,
        )
    assert {side.client.phone.account.about for side in duo.sides} == {""}


async def test_what_somebody_says_of_themselves(duo: Duo):
    await duo.meet("busy")
    await duo.do(
        "user_info",
        lambda side, wig: wig.engine.profile.find_about(side.lid("busy")),
        jid=lambda side: str(side.lid("busy")),
    )


async def test_pictures_set(duo: Duo):
    await duo.do(
        "set_picture",
        lambda _, wig: wig.engine.profile.set_picture(wig.pn, JPEG),
        picture=lambda _: PICTURE,
    )
    await duo.do(
        "set_group_picture",
        lambda side, wig: wig.engine.profile.set_picture(side.group, JPEG),
        jid=lambda side: str(side.group),
        picture=lambda _: PICTURE,
    )
    assert all(side.client.phone.account.picture_id for side in duo.sides)


async def test_privacy_settings(duo: Duo):
    await duo.do("privacy", lambda _, wig: wig.engine.profile.privacy())
    for value in ("none", "all"):
        await duo.do(
            "set_privacy",
            lambda _, wig, value=value: wig.engine.profile.set_privacy(
                PrivacySetting.LAST_SEEN, value
            ),
            name=lambda _: "last",
            value=lambda _, value=value: value,
        )


async def test_profiles_of_others_change(duo: Duo):
    await duo.meet("vain")
    profiles = duo.stage.sandbox.network.profiles

    async def change(side: Side) -> None:
        account = duo.stage.sandbox.network.directory.get(side.lid("vain"))
        profiles.set_about(account, "Look")
        profiles.set_picture(account, JPEG)
        profiles.set_picture(account, None)
        profiles.set_timer(account, 86_400)

    await duo.each(change)


async def test_presence_taken_back(duo: Duo):
    for available in (True, False):
        await duo.do(
            "presence",
            lambda _, wig, available=available: wig.engine.presence.set_available(available),
            available=lambda _, available=available: available,
        )


async def test_a_community(duo: Duo):
    groups = duo.stage.sandbox.network.groups
    for side in duo.sides:
        owner = side.client.phone.account
        community = groups.create(owner, "All of us", settings=())
        child = groups.create(owner, "Some of us")
        community.community = True
        side.groups |= {"community": community.jid, "child": child.jid}
    await duo.agree()
    for op in ("link_group", "unlink_group"):
        await duo.do(
            op,
            lambda side, wig, op=op: getattr(wig.engine.communities, op.partition("_")[0])(
                side.groups["community"], side.groups["child"]
            ),
            community=lambda side: str(side.groups["community"]),
            jid=lambda side: str(side.groups["child"]),
        )
    await duo.do(
        "sub_groups",
        lambda side, wig: wig.engine.communities.list_groups(side.groups["community"]),
        community=lambda side: str(side.groups["community"]),
    )
