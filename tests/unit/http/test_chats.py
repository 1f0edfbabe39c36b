"""Chats, contacts, groups, newsletters, shared things and accounts over HTTP."""

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of
from stored.makers import ANN, ANN_LID, BEN, GROUP, at, received
from wigwag.http.models import chats
from wigwag.http.models.accounts import AccountPage, AccountShape
from wigwag.http.models.shape import Page
from wigwag.model.appstate import (
    ChatLabelled,
    LabelEdited,
    QuickReplySet,
    SettingChanged,
    SettingName,
    TimedChange,
)
from wigwag.model.capability import Capability
from wigwag.model.chat import Group, Participant
from wigwag.model.event import (
    AppStateChanged,
    EngineEvent,
    GroupJoined,
    HistoryReceived,
    IdentityLinked,
    NewsletterKnown,
)
from wigwag.model.jid import Jid
from wigwag.model.key import Scope
from wigwag.model.newsletter import Newsletter

NEWS = Jid("120363000000000009", "newsletter")
ONLY_ANN = key_of(Scope.READ, chats=(str(ANN),))
LISTS = ("/chats", "/contacts", "/groups", "/newsletters")
SHARED: dict[str, type[Page]] = {
    "/labels": chats.LabelPage,
    "/quick-replies": chats.QuickReplyPage,
    "/settings": chats.SettingPage,
    "/history": chats.HistoryPage,
}


SAID: dict[str, dict[str, object]] = {
    "/labels": {"id": "7", "name": "Work", "color": 3, "chats": 1, "messages": 0},
    "/quick-replies": {"shortcut": "hi", "text": "Hello there", "keywords": []},
    "/settings": {"name": "unarchive_chats", "value": True},
    "/history": {"sync_type": "recent", "progress": 40, "messages": 0},
}


def person(number: int) -> Jid:
    return Jid(f"4917100000{number:02}", "s.whatsapp.net")


async def everything(desk: Desk) -> None:
    group = Group(jid=GROUP, subject="Us Ål", participants=(Participant(jid=ANN, admin=True),))
    shared = (
        LabelEdited(id="7", name="Work", color=3),
        ChatLabelled(label="7", chat=ANN, labelled=True),
        QuickReplySet(id="5", shortcut="hi", text="Hello there"),
        SettingChanged(name=SettingName.UNARCHIVE_CHATS, value=True),
    )
    changes = tuple(TimedChange(change=one, at=at(1)) for one in shared)
    await desk.take(
        IdentityLinked(lid=ANN_LID, pn=ANN),
        received("A1", push_name="Zoë"),
        received("B1", chat=BEN, push_name="Ben", seconds=5),
        GroupJoined(group=group),
        NewsletterKnown(newsletter=Newsletter(jid=NEWS, name="Paper", invite="0029Va")),
        AppStateChanged(collection="regular", version=1, epoch="e", part=0, changes=changes),
        HistoryReceived(sync_type="recent", progress=40, chunk=2),
    )


async def test_chats_and_one_by_every_address(desk: Desk, doors: Doors) -> None:
    await everything(desk)
    page = await doors.view("/chats")
    chats.ChatPage.model_validate(page)
    jids = [chat["jid"] for chat in page["items"]]
    assert jids[:2] == [str(BEN), str(ANN)]
    for address in (str(ANN), str(ANN_LID), "491700000001", "+49 170 000-0001"):
        chat = await doors.view(f"/chats/{address}")
        assert (chat["jid"], chat["name"], chat["labels"]) == (str(ANN), "Zoë", ["7"])
    assert await doors.ids("/chats", of="jid", query="zoe") == [str(ANN)]
    assert await doors.problem("/chats/nobody") == (400, "malformed_jid")
    assert await doors.problem("/chats/491700000003") == (404, "not_found")


async def test_contacts(desk: Desk, doors: Doors) -> None:
    await everything(desk)
    page = await doors.view("/contacts")
    chats.ContactPage.model_validate(page)
    assert [contact["jid"] for contact in page["items"]] == [str(ANN), str(BEN)]
    found = await doors.view(f"/contacts/{ANN_LID}")
    assert (found["jid"], found["lid"], found["phone"]) == (str(ANN), str(ANN_LID), "+491700000001")
    assert await doors.ids("/contacts", of="jid", query="0000 0002") == [str(BEN)]
    assert await doors.problem("/contacts/491700000003") == (404, "not_found")


async def test_groups_and_newsletters(desk: Desk, doors: Doors) -> None:
    await everything(desk)
    listed = await doors.view("/groups", query="al")
    chats.GroupPage.model_validate(listed)
    assert "participants" not in listed["items"][0]
    group = await doors.view(f"/groups/{GROUP}")
    chats.GroupShape.model_validate(group)
    assert [(one["jid"], one["admin"]) for one in group["participants"]] == [(str(ANN), True)]
    assert await doors.ids("/groups", of="jid", query="them") == []
    assert await doors.problem("/groups/491700000001") == (404, "not_found")
    chats.NewsletterPage.model_validate(await doors.view("/newsletters"))
    paper = await doors.view(f"/newsletters/{NEWS}")
    assert (paper["name"], paper["invite_code"]) == ("Paper", "0029Va")
    assert await doors.problem("/newsletters/1@newsletter") == (404, "not_found")


@pytest.mark.parametrize("path", SHARED)
async def test_what_the_devices_share(desk: Desk, doors: Doors, path: str) -> None:
    await everything(desk)
    page = await doors.view(path)
    SHARED[path].model_validate(page)
    (item,) = page["items"]
    assert SAID[path].items() <= item.items()
    assert await doors.problem(path, key=ONLY_ANN) == (403, "scope_missing")


@pytest.mark.parametrize("path", ["/chats", "/contacts", "/groups", "/newsletters"])
async def test_pages_have_everything_once_while_more_come(
    desk: Desk, doors: Doors, path: str
) -> None:
    def some(number: int) -> list[EngineEvent]:
        return [
            received(f"A{number}", chat=person(number), seconds=number, push_name="x"),
            GroupJoined(group=Group(jid=Jid(f"1203630000{number:02}", "g.us"), subject="x")),
            NewsletterKnown(
                newsletter=Newsletter(jid=Jid(f"9{number:02}", "newsletter"), name="x")
            ),
        ]

    for number in range(10, 40, 2):
        await desk.take(*some(number))
    before = await doors.ids(path, of="chat_jid" if path == "/newsletters" else "jid", limit=200)
    seen: list[str] = []
    cursor = ""
    for step in range(1, 40, 2):
        page = await doors.view(path, cursor=cursor, limit=4)
        seen += [item.get("jid") or item["chat_jid"] for item in page["items"]]
        # one that is older than all, one between, and for chats one that is newer than all
        await desk.take(*some(step), *some(40 + step))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert [jid for jid in seen if jid in before] == before


async def test_a_chat_with_news_is_on_the_first_page(desk: Desk, doors: Doors) -> None:
    await desk.take(*(received("A1", chat=person(n), seconds=n) for n in range(10)))
    first = await doors.view("/chats", limit=5)
    await desk.take(received("A2", chat=person(0), seconds=60))
    rest = await doors.ids("/chats", of="jid", limit=5, cursor=first["next_cursor"])
    assert rest == [str(person(n)) for n in (4, 3, 2, 1)]
    assert (await doors.ids("/chats", of="jid", limit=1)) == [str(person(0))]


async def test_a_key_that_is_limited_to_chats_sees_no_others(desk: Desk, doors: Doors) -> None:
    await everything(desk)
    for path, jids in (("/chats", [str(ANN)]), ("/contacts", [str(ANN)]), ("/groups", [])):
        assert await doors.ids(path, of="jid", key=ONLY_ANN) == jids
    assert await doors.ids("/newsletters", key=ONLY_ANN) == []
    assert (await doors.view("/chats/491700000001", key=ONLY_ANN))["jid"] == str(ANN)
    for path in (f"/chats/{BEN}", f"/contacts/{BEN}", f"/groups/{GROUP}", f"/newsletters/{NEWS}"):
        assert await doors.problem(path, key=ONLY_ANN) == (404, "not_found"), path


@pytest.mark.parametrize("path", [*LISTS, *SHARED, "/chats/491700000001", f"/groups/{GROUP}", ""])
async def test_what_is_not_served_or_allowed(doors: Doors, path: str) -> None:
    assert await doors.problem(f"/v1/accounts/nobody{path}") == (404, "not_found")
    assert await doors.problem(path, key=key_of(Scope.SEND)) == (403, "scope_missing")
    other = key_of(Scope.READ, accounts=("work",))
    assert await doors.problem(path, key=other) == (404, "not_found")


async def test_accounts_have_the_shape_of_their_events(desk: Desk, doors: Doors) -> None:
    account = await doors.view("")
    AccountShape.model_validate(account)
    assert account["phone"] == "+491700000099"
    told = (await desk.events("account.state"))[-1]
    assert account.keys() - {"engine", "capabilities"} == told.keys() - {"event"}
    assert account["engine"] == "native"
    assert account["capabilities"] == sorted(Capability)
    page = await doors.view("/v1/accounts")
    AccountPage.model_validate(page)
    assert page == {"items": [account], "next_cursor": None}
    elsewhere = key_of(Scope.READ, accounts=("work",))
    assert (await doors.view("/v1/accounts", key=elsewhere))["items"] == []
