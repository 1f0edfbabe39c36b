"""Other people and the own profile, as callers ask for them."""

from collections.abc import AsyncGenerator

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import OWN, StoredEngine
from stored.makers import ANN, BEN, GROUP
from wigwag.core.chatstate import ChatState
from wigwag.core.contactbook import MAX_CHECKED, ContactBook
from wigwag.core.ownprofile import OwnProfile
from wigwag.core.presences import Presences
from wigwag.core.uploads import Uploads
from wigwag.http.models import contacts
from wigwag.http.models.profile import PresenceShape, PrivacyBody, PrivacyShape, ProfileShape
from wigwag.mediastore import LocalUploads
from wigwag.model.key import Scope
from wigwag.model.profile import BusinessProfile, Picture, PrivacySetting

PERSON = f"/contacts/{ANN}"
JPEG = b"\xff\xd8\xff\xe0 a picture"
WHOLE = ("/profile", "/privacy", "/presence", "/blocklist")
"""What belongs to the whole account."""


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    desk.accounts.add(engine)
    return engine


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine) -> AsyncGenerator[Doors]:
    assert engine.profile is not None
    async with open_doors(
        desk,
        presences=Presences(desk.library, desk.accounts),
        contact_book=ContactBook(desk.archive, desk.library, desk.accounts),
        own_profile=OwnProfile(desk.accounts, ChatState(desk.library, desk.accounts)),
        uploads=Uploads(LocalUploads(desk.folder), 10**7),
    ) as doors:
        yield doors


async def test_numbers_are_checked(engine: StoredEngine, doors: Doors) -> None:
    engine.numbers[BEN.user] = None
    asked = {"phones": ["+49 170 0000001", BEN.user]}
    checked = (await doors.ask("POST", "/contacts/check", asked)).json()
    page = contacts.CheckedPage.model_validate(checked)
    assert [one.is_on_whatsapp for one in page.items] == [True, False]
    limited = await doors.ask(
        "POST", "/contacts/check", asked, key=key_of(Scope.SEND, chats=(str(ANN),))
    )
    assert (limited.status_code, limited.json()["code"]) == (403, "scope_missing")
    for phones in ([], ["1" * 129], ["anna"], [ANN.user] * (MAX_CHECKED + 1)):
        wrong = await doors.ask("POST", "/contacts/check", {"phones": phones})
        assert wrong.status_code == 400, phones


async def test_what_a_person_shows(engine: StoredEngine, doors: Doors) -> None:
    assert await doors.problem(f"{PERSON}/picture") == (404, "not_found")
    assert await doors.problem(f"{PERSON}/business") == (404, "not_found")
    engine.profile.pictures[ANN] = Picture(id="7", url="https://pps.whatsapp.net/7")
    engine.profile.abouts[ANN] = "Busy"
    hours = (("mon", "specific_hours", 480, 1080),)
    engine.profile.businesses[ANN] = BusinessProfile(jid=ANN, email="a@example.com", hours=hours)
    picture = await doors.view(f"{PERSON}/picture", preview="true")
    contacts.ContactPictureShape.model_validate(picture)
    assert (picture["jid"], picture["url"]) == (str(ANN), "https://pps.whatsapp.net/7")
    about = await doors.view(f"{PERSON}/about")
    contacts.AboutShape.model_validate(about)
    assert about == {"jid": str(ANN), "about": "Busy"}
    business = await doors.view(f"{PERSON}/business")
    contacts.BusinessShape.model_validate(business)
    assert business["hours"][0]["close_minute"] == 1080


async def test_who_is_shut_out_and_followed(engine: StoredEngine, doors: Doors) -> None:
    blocked = (await doors.ask("POST", f"{PERSON}/block")).json()
    contacts.BlockedShape.model_validate(blocked)
    assert blocked == {"jid": str(ANN), "blocked": True}
    page = await doors.view("/blocklist")
    contacts.BlocklistPage.model_validate(page)
    assert [one["jid"] for one in page["items"]] == [str(ANN)]
    assert (await doors.ask("POST", f"{PERSON}/unblock")).json()["blocked"] is False
    assert await doors.ids("/blocklist", of="jid") == []
    followed = (await doors.ask("POST", f"{PERSON}/subscribe")).json()
    contacts.FollowedShape.model_validate(followed)
    assert engine.presence.subscribed == [ANN]


async def test_the_own_profile(engine: StoredEngine, doors: Doors) -> None:
    ProfileShape.model_validate(await doors.view("/profile"))
    upload = await doors.ask(
        "POST", "/v1/media", content=JPEG, headers={"content-type": "image/jpeg"}
    )
    body = {"name": "Al", "about": "Hi", "picture": upload.json()["media_id"]}
    engine.profile.pictures[OWN] = Picture(id="9", url="https://pps.whatsapp.net/9")
    changed = (await doors.ask("PATCH", "/profile", body)).json()
    ProfileShape.model_validate(changed)
    assert (changed["name"], changed["picture"]["id"]) == ("Al", "9")
    assert (await doors.ask("PATCH", "/profile", {"picture": None})).status_code == 200
    week = {"default_ephemeral_seconds": 604_800}
    assert (await doors.ask("PATCH", "/profile", week)).status_code == 200
    assert engine.profile.default_ephemeral_s == 604_800
    assert engine.profile.set_pictures == [(OWN, JPEG), (OWN, None)]
    unknown = await doors.ask("PATCH", "/profile", {"picture": "f" * 32})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_media_id")
    large = await doors.ask("POST", "/v1/media", content=b"x" * 1_000_001)
    refused = await doors.ask("PATCH", "/profile", {"picture": large.json()["media_id"]})
    assert (refused.status_code, refused.json()["code"]) == (413, "media_too_large")


async def test_privacy_and_presence(engine: StoredEngine, doors: Doors) -> None:
    settings = await doors.view("/privacy")
    PrivacyShape.model_validate(settings)
    assert (settings["last_seen"], settings["online"]) == ("all", None)
    changed = (await doors.ask("PATCH", "/privacy", {"online": "match_last_seen"})).json()
    assert changed == {**settings, "online": "match_last_seen"}
    presence = await doors.view("/presence")
    PresenceShape.model_validate(presence)
    assert presence == {"state": "unavailable"}
    assert (await doors.ask("POST", "/presence", {"state": "available"})).status_code == 200
    assert engine.presence.available
    assert await doors.view("/presence") == {"state": "available"}


async def test_a_group_is_no_person(doors: Doors) -> None:
    for method, end in (("GET", "/about"), ("POST", "/block"), ("POST", "/subscribe")):
        refused = await doors.ask(method, f"/contacts/{GROUP}{end}")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_applicable"), end


def test_every_privacy_setting_has_its_field() -> None:
    names = [setting.name.lower() for setting in PrivacySetting]
    assert list(PrivacyBody.model_fields) == list(PrivacyShape.model_fields) == names


async def test_what_a_key_does_not_reach(doors: Doors) -> None:
    key = key_of(Scope.SEND, Scope.READ, chats=(str(BEN),))
    for method, end in (
        ("GET", "/picture"),
        ("GET", "/about"),
        ("GET", "/business"),
        ("POST", "/block"),
        ("POST", "/unblock"),
        ("POST", "/subscribe"),
    ):
        assert (await doors.ask(method, PERSON + end, key=key)).status_code == 404, end
    for path in WHOLE:
        assert await doors.problem(path, key=key) == (403, "scope_missing"), path
    for method, path, body in (
        ("PATCH", "/profile", {}),
        ("PATCH", "/privacy", {"online": "all"}),
        ("POST", "/presence", {"state": "available"}),
    ):
        assert (await doors.ask(method, path, body, key=key)).status_code == 403, path


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/profile", {"name": ""}),
        ("PATCH", "/profile", {"default_ephemeral_seconds": 60}),
        ("PATCH", "/profile", {"about": "x" * 140}),
        ("PATCH", "/profile", {"nick": "x"}),
        ("PATCH", "/privacy", {"online": "No!"}),
        ("POST", "/presence", {"state": "away"}),
        ("POST", "/contacts/nobody/block", None),
        ("POST", "/contacts/check", {"phones": ["100000000001@lid"]}),
    ],
)
async def test_mistakes_are_400(doors: Doors, method: str, path: str, body: object) -> None:
    assert (await doors.ask(method, path, body)).status_code == 400
