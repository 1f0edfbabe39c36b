"""Names: where they come from and which one is shown."""

from datetime import timedelta

import msgspec
import pytest

from stored.desk import Desk
from stored.engine import OWN
from stored.makers import ANN, ANN_LID, CONNECTED, T0, received
from wigwag.core.naming import display_name, phone_of
from wigwag.core.views import time_view
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.chat import Contact
from wigwag.model.event import ContactsChanged, IdentityRenewed, StateChanged


async def test_names_replace_each_other_by_rank_and_rename_the_chat(desk: Desk) -> None:
    await desk.take(received("A1"))
    steps = [
        (Contact(jid=ANN, business_name="Ann Ltd"), "Ann Ltd"),
        (Contact(jid=ANN, push_name="annie"), "annie"),
        (Contact(jid=ANN, full_name="Ann Example"), "Ann Example"),
        (Contact(jid=ANN, push_name="ann!"), "Ann Example"),
    ]
    assert (await desk.library.get_chat("default", str(ANN))).name == "+491700000001"
    for contact, name in steps:
        await desk.take(ContactsChanged(contacts=(contact,)), ContactsChanged(contacts=(contact,)))
        assert (await desk.library.get_chat("default", str(ANN))).name == name
        assert (await desk.library.get_message("default", "A1")).sender.name == name
    assert len(await desk.events("contact.updated")) == len(steps)


async def test_a_push_name_on_a_message_is_remembered(desk: Desk) -> None:
    await desk.take(received("A1", push_name="Ann"), received("A2", push_name="Ann", seconds=1))
    await desk.take(received("A3", push_name="Annie", seconds=2))
    assert [e["name"] for e in await desk.events("contact.updated")] == ["Ann", "Annie"]


async def test_contacts_are_found_without_case_and_accents(desk: Desk) -> None:
    await desk.take(ContactsChanged(contacts=(Contact(jid=ANN, full_name="Zoë Müller"),)))
    for query in ("zoe", "MULLER", "491700"):
        page = await desk.library.list_contacts("default", query=query)
        assert [c.person.jid for c in page.items] == [str(ANN)]
    assert (await desk.library.list_contacts("default", query="nobody")).items == ()


async def test_a_state_is_told_only_when_it_is_another_one(desk: Desk) -> None:
    later = StateChanged(
        state=AccountState(state=ConnectionState.CONNECTED, since=T0 + timedelta(hours=1), jid=OWN)
    )
    lost = StateChanged(state=AccountState(state=ConnectionState.RECONNECTING, since=T0))
    await desk.take(CONNECTED, CONNECTED, later, lost, lost)
    told = await desk.events("account.state")
    assert [event["state"] for event in told] == ["connected", "reconnecting"]
    (row,) = desk.rows("SELECT * FROM accounts")
    assert row["jid"] == str(OWN)


@pytest.mark.parametrize(
    ("jid", "phone"),
    [
        (str(ANN), "+491700000001"),
        (str(ANN_LID), ""),
        ("120363000000000001@g.us", ""),
        ("status@broadcast", ""),
        ("١٢٣٤٥٦@s.whatsapp.net", ""),
        ("", ""),
    ],
)
def test_only_a_number_is_a_phone(jid: str, phone: str) -> None:
    assert phone_of(jid) == phone


def test_the_jid_is_the_last_resort() -> None:
    assert display_name(str(ANN_LID)) == str(ANN_LID)


async def test_a_new_identity_of_a_person_is_told(desk: Desk) -> None:
    await desk.take(received("A1"), IdentityRenewed(jid=ANN, timestamp=T0))
    (told,) = await desk.events("contact.identity")
    assert told["person"]["phone"] == f"+{ANN.user}"
    assert told["timestamp"] == "2026-03-01T12:00:00Z"
    assert told["announced"] is True


async def test_each_gap_is_told_and_an_unchanged_state_is_not(desk: Desk) -> None:
    await desk.take(CONNECTED)
    before = len(await desk.events("account.state"))
    gap = msgspec.structs.replace(CONNECTED.state, gap_since=T0)
    await desk.take(CONNECTED, StateChanged(state=gap))
    await desk.take(StateChanged(state=gap))
    told = (await desk.events("account.state"))[before:]
    assert [(event["possible_gap"], event["gap_since"]) for event in told] == [
        (True, time_view(T0))
    ] * 2
