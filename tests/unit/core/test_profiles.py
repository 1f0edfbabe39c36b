"""Pictures, abouts, privacy settings, the blocklist and default timers."""

from typing import Any

from stored.desk import Desk
from stored.engine import OWN
from stored.makers import ANN, ANN_LID, BEN, CONNECTED, GROUP, at
from wigwag.model.chat import Contact
from wigwag.model.event import (
    BlocklistChanged,
    ContactsChanged,
    IdentityLinked,
    PictureChanged,
    PrivacyChanged,
    TimerChanged,
)
from wigwag.model.jid import Jid
from wigwag.model.profile import PrivacySetting


async def settings_of(desk: Desk) -> dict[str, bytes]:
    return {one.name: bytes(one.value) for one in await desk.library.list_settings("default")}


async def test_a_new_picture_is_told_once(desk: Desk) -> None:
    changed = PictureChanged(jid=GROUP, picture_id="7", author=BEN, timestamp=at(1))
    gone = PictureChanged(jid=GROUP, removed=True, timestamp=at(2))
    await desk.take(changed, changed, gone)
    first, second = await desk.events("picture.updated")
    assert (first["jid"], first["picture_id"], first["author"]["jid"]) == (
        str(GROUP),
        "7",
        str(BEN),
    )
    assert (second["picture_id"], second["removed"], second["author"]) == (None, True, None)


async def test_what_somebody_says_of_themselves(desk: Desk) -> None:
    def said(about: str) -> ContactsChanged:
        return ContactsChanged(contacts=(Contact(jid=ANN, about=about),))

    await desk.take(said("Busy"), said("Busy"))
    await desk.take(ContactsChanged(contacts=(Contact(jid=ANN, push_name="ann"),)))
    contact = await desk.library.get_contact("default", str(ANN))
    assert (contact.about, contact.push_name, contact.blocked) == ("Busy", "ann", False)
    await desk.take(said(""))
    assert (await desk.library.get_contact("default", str(ANN))).about == ""
    told = await desk.events("contact.updated")
    assert [event.get("about", "untold") for event in told] == ["Busy", "untold", None]


async def test_privacy_settings_are_settings_of_the_account(desk: Desk) -> None:
    changed = PrivacyChanged(
        settings=((PrivacySetting.LAST_SEEN, "none"), (PrivacySetting.ABOUT, "contacts"))
    )
    await desk.take(changed, changed)
    assert await settings_of(desk) == {
        "privacy_about": b'"contacts"',
        "privacy_last_seen": b'"none"',
    }
    assert await desk.types() == ["account.setting"] * 2


async def test_who_is_shut_out(desk: Desk) -> None:
    async def blocked() -> list[str]:
        page = await desk.library.list_contacts("default")
        return [contact.person.jid for contact in page.items if contact.blocked]

    both = BlocklistChanged(changes=((ANN, True), (BEN, True), (GROUP, True)))
    await desk.take(both, both)
    assert await blocked() == sorted([str(ANN), str(BEN)])
    await desk.take(BlocklistChanged(changes=((BEN, True),), whole=True))
    assert await blocked() == [str(BEN)]
    await desk.take(BlocklistChanged(changes=((BEN, False),)))
    told: list[dict[str, Any]] = await desk.events("contact.blocked")
    assert [(event["person"]["jid"], event["blocked"]) for event in told] == [
        (str(ANN), True),
        (str(BEN), True),
        (str(ANN), False),
        (str(BEN), False),
    ]


async def test_who_is_shut_out_by_either_address(desk: Desk) -> None:
    await desk.take(
        BlocklistChanged(changes=((ANN_LID, True),)),
        ContactsChanged(contacts=(Contact(jid=ANN_LID, about="Busy"),)),
        IdentityLinked(lid=ANN_LID, pn=ANN),
    )
    contact = await desk.library.get_contact("default", str(ANN))
    assert (contact.blocked, contact.about) == (True, "Busy")


async def test_default_timers(desk: Desk) -> None:
    await desk.take(CONNECTED)
    own = TimerChanged(jid=Jid(OWN.user, OWN.server), seconds=86_400, changed_at=at(1))
    hers = TimerChanged(jid=ANN, seconds=60, changed_at=at(2))
    await desk.take(own, own, hers, hers)
    assert (await settings_of(desk))["default_ephemeral_seconds"] == b"86400"
    (told,) = await desk.events("contact.updated")
    assert (told["jid"], told["default_ephemeral_seconds"]) == (str(ANN), 60)
