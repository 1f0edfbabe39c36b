"""Groups and communities, as callers change them."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from stored.assemblies import LINK, MADE
from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import OWN, StoredEngine
from stored.makers import ANN, BEN, GROUP, at
from wigwag.core.channels import Channels
from wigwag.core.grouping import Grouping
from wigwag.core.makings import Makings
from wigwag.http.models import groups as shapes
from wigwag.http.models.chats import GroupShape
from wigwag.http.models.shape import Shape
from wigwag.model.chat import Group, JoinRequest, MemberResult, Participant
from wigwag.model.key import Scope

PATH = f"/groups/{GROUP}"


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    engine.groups.sink = desk.ingest.ingest
    us = (Participant(jid=OWN, superadmin=True), Participant(jid=ANN))
    engine.groups.known[GROUP] = Group(jid=GROUP, subject="Us", participants=us)
    engine.groups.codes["code0"] = GROUP
    engine.groups.waiting = [JoinRequest(jid=BEN, requested_at=at(1))]
    desk.accounts.add(engine)
    return engine


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine) -> AsyncGenerator[Doors]:
    del engine
    grouping = Grouping(desk.library, desk.accounts)
    channels = Channels(desk.library, desk.accounts)
    makings = Makings(
        desk.archive, desk.library, desk.accounts, grouping=grouping, channels=channels
    )
    async with open_doors(desk, grouping=grouping, makings=makings) as opened:
        yield opened


async def done(
    doors: Doors, method: str, path: str, body: Any, shape: type[Shape]
) -> dict[str, Any]:
    answer = await doors.ask(method, path, body)
    assert answer.status_code in (200, 201), answer.text
    shape.model_validate(answer.json())
    return answer.json()


async def test_a_group_is_made(doors: Doors, engine: StoredEngine) -> None:
    engine.groups.refused[BEN] = MemberResult(jid=BEN, error=403)
    body = {"subject": "Sailing", "participants": [str(ANN), str(BEN)], "announce": True}
    made = await done(doors, "POST", "/groups", body, shapes.MadeShape)
    assert (made["jid"], made["subject"], made["announce"]) == (str(MADE), "Sailing", True)
    assert [who["jid"] for who in made["not_added"]] == [str(BEN)]
    assert (await doors.view(f"/groups/{MADE}"))["subject"] == "Sailing"


async def test_a_repeated_request_makes_no_second_group(doors: Doors, engine: StoredEngine) -> None:
    body = {"subject": "Sailing", "participants": [str(ANN)]}
    once = {"idempotency-key": "k"}
    answers = [await doors.ask("POST", "/groups", body, headers=once) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["jid"] == answers[1].json()["jid"]
    for answer in answers:
        shapes.MadeShape.model_validate(answer.json())
    assert len(engine.groups.created) == 1
    other = await doors.ask("POST", "/groups", {**body, "subject": "Rowing"}, headers=once)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_a_group_is_changed(doors: Doors) -> None:
    body = {"subject": "We", "description": "All of us", "ephemeral_seconds": 86_400}
    changed = await done(doors, "PATCH", PATH, body, GroupShape)
    assert (changed["subject"], changed["description"]) == ("We", "All of us")
    assert changed["ephemeral_seconds"] == 86_400
    off = await done(doors, "PATCH", PATH, {"description": "", "announce": False}, GroupShape)
    assert (off["description"], off["announce"], off["subject"]) == (None, False, "We")


@pytest.mark.parametrize(("method", "path"), [("PATCH", PATH), ("POST", "/groups")])
async def test_messages_of_a_group_last_as_long_as_whatsapp_lets_one_choose(
    doors: Doors, method: str, path: str
) -> None:
    answer = await doors.ask(method, path, {"subject": "Us", "ephemeral_seconds": 5})
    assert (answer.status_code, "ephemeral_seconds" in answer.json()["detail"]) == (400, True)


async def test_every_person_of_a_change_has_an_outcome(doors: Doors, engine: StoredEngine) -> None:
    engine.groups.refused[BEN] = MemberResult(jid=BEN, error=403, invite_code="x1")
    body = {"people": [str(ANN), str(BEN)]}
    told = await done(doors, "POST", f"{PATH}/participants/add", body, shapes.OutcomesShape)
    ann, ben = told["items"]
    assert (told["chat_jid"], ann["done"], ann["error"]) == (str(GROUP), True, None)
    assert (ben["done"], ben["error"]["code"], ben["error"]["server_code"]) == (
        False,
        "not_allowed",
        403,
    )
    assert ben["invite"] == {"code": "x1", "expires_at": None}
    engine.groups.refused[BEN] = MemberResult(jid=BEN, error=999)
    told = await done(doors, "POST", f"{PATH}/participants/remove", body, shapes.OutcomesShape)
    assert told["items"][1]["error"]["code"] == "refused"


async def test_links_and_those_who_wait(doors: Doors) -> None:
    link = (await done(doors, "GET", f"{PATH}/invite", None, shapes.InviteLinkShape))["link"]
    assert link == f"{LINK}code0"
    seen = await done(doors, "POST", "/groups/preview", {"link": link}, GroupShape)
    assert (seen["jid"], seen["member"]) == (str(GROUP), False)
    reset = await done(doors, "POST", f"{PATH}/invite/reset", None, shapes.InviteLinkShape)
    assert reset["link"] != link
    void = await doors.ask("POST", "/groups/join", {"link": link})
    assert (void.status_code, void.json()["code"]) == (410, "gone")
    (ben,) = (await done(doors, "GET", f"{PATH}/requests", None, shapes.WaitingPage))["items"]
    assert (ben["jid"], ben["requested_at"]) == (str(BEN), "2026-03-01T12:00:01Z")
    people = {"people": [str(BEN)]}
    let_in = await done(doors, "POST", f"{PATH}/requests/approve", people, shapes.OutcomesShape)
    assert [(who["jid"], who["done"]) for who in let_in["items"]] == [(str(BEN), True)]
    await done(doors, "POST", f"{PATH}/requests/reject", people, shapes.OutcomesShape)


async def test_a_group_is_joined_and_left(doors: Doors, engine: StoredEngine) -> None:
    engine.groups.known[GROUP] = Group(jid=GROUP, subject="Them")
    joined = await done(doors, "POST", "/groups/join", {"link": f"{LINK}code0"}, shapes.JoinedShape)
    assert joined == {"chat_jid": str(GROUP), "state": "joined"}
    left = await done(doors, "POST", f"{PATH}/leave", None, shapes.LeftShape)
    assert left == {"chat_jid": str(GROUP)}
    assert (await doors.ask("POST", f"{PATH}/leave")).status_code == 404


async def test_communities(doors: Doors, engine: StoredEngine) -> None:
    engine.groups.known[MADE] = Group(
        jid=MADE, subject="Village", community=True, participants=(Participant(jid=BEN),)
    )
    path = f"/communities/{MADE}"
    linked = await done(doors, "PUT", f"{path}/groups/{GROUP}", None, shapes.LinkShape)
    assert linked == {"chat_jid": str(MADE), "group_jid": str(GROUP), "linked": True}
    page = await done(doors, "GET", f"{path}/groups", None, shapes.LinkedGroupPage)
    assert [group["jid"] for group in page["items"]] == [str(GROUP)]
    people = await done(doors, "GET", f"{path}/participants", None, shapes.CommunityMemberPage)
    assert [who["jid"] for who in people["items"]] == [str(BEN)]
    unlinked = await done(doors, "DELETE", f"{path}/groups/{GROUP}", None, shapes.LinkShape)
    assert not unlinked["linked"]


async def test_of_a_community_a_key_knows_the_groups_that_it_reaches(
    doors: Doors, engine: StoredEngine
) -> None:
    engine.groups.known[MADE] = Group(
        jid=MADE, subject="Village", community=True, participants=(Participant(jid=BEN),)
    )
    path = f"/communities/{MADE}"
    await done(doors, "PUT", f"{path}/groups/{GROUP}", None, shapes.LinkShape)
    for chats, known in (((str(MADE),), []), ((str(MADE), str(GROUP)), [str(GROUP)])):
        key = key_of(Scope.READ, chats=chats)
        assert await doors.ids(f"{path}/groups", key=key, of="jid") == known
        assert await doors.problem(f"{path}/participants", key=key) == (403, "scope_missing")


async def test_what_a_key_does_not_reach_is_not_there(doors: Doors) -> None:
    limited = key_of(Scope.READ, Scope.SEND, chats=(str(ANN),))
    cases: list[tuple[str, str, Any, int]] = [
        ("POST", "/groups", {"subject": "x"}, 403),
        ("POST", "/groups/preview", {"link": "x"}, 403),
        ("POST", "/groups/join", {"link": "x"}, 403),
        ("POST", f"{PATH}/leave", None, 404),
        ("PATCH", PATH, {"subject": "x"}, 404),
        ("PUT", f"{PATH}/picture", {"media_id": "x"}, 404),
        ("DELETE", f"{PATH}/picture", None, 404),
        ("POST", f"{PATH}/participants/add", {"people": [str(ANN)]}, 404),
        ("GET", f"{PATH}/requests", None, 404),
        ("POST", f"{PATH}/requests/approve", {"people": [str(ANN)]}, 404),
        ("GET", f"{PATH}/invite", None, 404),
        ("POST", f"{PATH}/invite/reset", None, 404),
        ("GET", f"/communities/{GROUP}/groups", None, 404),
        ("GET", f"/communities/{GROUP}/participants", None, 404),
        ("PUT", f"/communities/{ANN}/groups/{GROUP}", None, 404),
    ]
    for method, path, body, hidden in cases:
        answer = await doors.ask(method, path, body, key=limited)
        assert answer.status_code == hidden, path
        reader = await doors.ask(method, path, body, key=key_of(Scope.READ))
        readable = method == "GET" and not path.endswith("/invite")
        assert (reader.status_code == 403) is not readable, path


async def test_what_makes_no_sense_is_told(doors: Doors) -> None:
    cases: list[tuple[str, str, Any]] = [
        ("POST", "/groups", {"subject": " \x1f"}),
        ("POST", "/groups", {"subject": "x" * 101}),
        ("POST", "/groups", {"subject": "x", "community": True, "parent": str(GROUP)}),
        ("POST", "/groups", {"subject": "x", "participants": ["nobody"]}),
        ("POST", "/groups", {"subject": "x", "participants": [str(ANN)] * 1025}),
        ("PATCH", PATH, {"colour": "red"}),
        ("PATCH", PATH, {"ephemeral_seconds": -1}),
        ("POST", f"{PATH}/participants/eject", {"people": [str(ANN)]}),
        ("POST", f"{PATH}/participants/add", {"people": []}),
        ("POST", "/groups/join", {"link": ""}),
    ]
    for method, path, body in cases:
        answer = await doors.ask(method, path, body)
        assert answer.status_code == 400, path
        assert len(answer.json()["detail"]) > 10
