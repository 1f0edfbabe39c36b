"""One person is one chat, whichever address comes first."""

from itertools import permutations

import pytest

from stored.desk import Desk
from stored.engine import OWN, OWN_LID
from stored.makers import (
    ANN,
    ANN_LID,
    BEN,
    BEN_LID,
    CONNECTED,
    GROUP,
    at,
    edit,
    key,
    reaction,
    received,
    revoke,
)
from wigwag.core.identity import Recording, plain
from wigwag.core.views import message_view
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import Contact, Group, Participant
from wigwag.model.content import Context, Poll, PollVote, Quoted, Text
from wigwag.model.event import (
    ContactsChanged,
    GroupJoined,
    IdentityLinked,
    MessageUndecryptable,
    ReceiptReceived,
)
from wigwag.model.jid import Jid
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.ports import ArchiveTx

LINK = IdentityLinked(lid=ANN_LID, pn=ANN)


async def test_with_a_known_number_everything_goes_to_it(desk: Desk) -> None:
    await desk.take(LINK, received("A1", chat=ANN_LID), received("A2", chat=ANN))
    assert [row["jid"] for row in desk.rows("SELECT jid FROM chats")] == [str(ANN)]
    assert await desk.types() == ["message.received", "message.received"]


async def test_the_other_address_in_the_stanza_is_enough(desk: Desk) -> None:
    await desk.take(received("A1", chat=ANN_LID, chat_alt=ANN, sender_alt=ANN))
    await desk.take(received("A2", chat=ANN_LID))
    assert {row[0] for row in desk.rows("SELECT chat_jid FROM messages")} == {str(ANN)}
    found = await desk.library.get_message("default", "A2")
    assert (found.sender.lid, found.sender.phone) == (str(ANN_LID), "+491700000001")


async def test_a_number_that_the_sender_alone_has_is_that_of_the_chat(desk: Desk) -> None:
    await desk.take(CONNECTED, received("A1", chat=ANN_LID, sender=ANN_LID, sender_alt=ANN))
    assert await chats(desk) == {str(ANN): ["A1"]}


async def test_a_number_learnt_late_moves_the_rows_and_says_so(desk: Desk) -> None:
    await desk.take(received("A1", chat=ANN_LID, push_name="Ann"))
    before = await desk.library.get_message("default", "A1")
    assert (before.sender.phone, before.sender.lid) == ("", str(ANN_LID))
    assert before.chat_name == "Ann"
    await desk.take(received("B1", chat=ANN, seconds=1))
    await desk.take(LINK, LINK)
    chats = (await desk.library.list_chats("default")).items
    assert [(c.jid, c.lid, c.name, c.unread) for c in chats] == [(str(ANN), str(ANN_LID), "Ann", 2)]
    page = await desk.library.list_messages("default", MessageFilter(chat=str(ANN_LID)))
    assert [m.id for m in page.items] == ["B1", "A1"]
    assert page.items[1].row == before.row
    (moved,) = await desk.events("chat.updated")
    assert (moved["chat_jid"], moved["previous_jid"]) == (str(ANN), str(ANN_LID))
    assert (await desk.events("contact.updated"))[-1]["phone"] == "+491700000001"


async def test_a_redelivery_after_the_move_is_still_the_same_message(desk: Desk) -> None:
    first = received("A1", chat=ANN_LID)
    await desk.take(first, LINK, first, received("A1", chat=ANN))
    assert desk.count("messages") == 1
    assert len(await desk.events("message.received")) == 1


async def test_rows_under_both_addresses_become_one(desk: Desk) -> None:
    await desk.take(received("A1", "seldom", chat=ANN_LID), received("A1", "seldom", chat=ANN))
    assert desk.count("messages") == 2
    await desk.take(LINK)
    assert desk.count("messages") == 1
    page = await desk.library.list_messages("default", MessageFilter(query="seldom"))
    assert [m.chat_jid for m in page.items] == [str(ANN)]


async def test_everything_that_hangs_on_a_message_moves_too(linked: Desk) -> None:
    target = key("A1", chat=GROUP, sender=ANN_LID)
    await linked.take(
        received("A1", "old", chat=GROUP, sender=ANN_LID),
        received("E1", edit(target, "new"), chat=GROUP, sender=ANN_LID, seconds=1),
        received("R1", reaction(target, "👍"), chat=GROUP, sender=BEN_LID, seconds=2),
        received("R2", reaction(target, "🎈"), chat=GROUP, sender=ANN_LID, seconds=2),
        received("D1", revoke(target), chat=GROUP, sender=ANN_LID, seconds=3),
        GroupJoined(group=Group(jid=GROUP, subject="Us", participants=(Participant(jid=ANN_LID),))),
        LINK,
        IdentityLinked(lid=BEN_LID, pn=BEN),
    )
    found = await linked.library.get_message("default", "A1", sender=str(ANN_LID))
    assert (found.sender.jid, found.text) == (str(ANN), "new")
    assert {r.person.jid for r in found.reactions} == {str(ANN), str(BEN)}
    assert len(await linked.library.list_edits("default", "A1")) == 2
    group = await linked.library.get_group("default", str(GROUP))
    assert [p.person.jid for p in group.participants] == [str(ANN)]
    lids = [
        f"{table}.{column}"
        for table, column in [
            ("messages", "sender"),
            ("changes", "sender"),
            ("changes", "target_sender"),
            ("reactions", "sender"),
            ("reactions", "target_sender"),
            ("participants", "jid"),
        ]
        if linked.rows(f"SELECT 1 FROM {table} WHERE {column} LIKE '%@lid'")
    ]
    assert lids == []


async def test_whatever_the_order_there_is_one_chat(desk: Desk) -> None:
    events = (received("A1", chat=ANN_LID), received("A2", chat=ANN, seconds=1), LINK)
    for number, order in enumerate(permutations(events)):
        account = f"order{number}"
        await desk.take(*order, account=account)
        assert [c.jid for c in (await desk.library.list_chats(account)).items] == [str(ANN)]
        for address in ("+49 170 0000001", "491700000001", str(ANN), str(ANN_LID)):
            page = await desk.library.list_messages(account, MessageFilter(chat=address))
            assert [m.id for m in page.items] == ["A2", "A1"]
            assert (await desk.library.get_chat(account, address)).jid == str(ANN)


async def test_names_of_both_addresses_are_put_together(desk: Desk) -> None:
    await desk.take(
        ContactsChanged(contacts=(Contact(jid=ANN_LID, push_name="annie"),)),
        ContactsChanged(contacts=(Contact(jid=ANN, full_name="Ann Example"),)),
        received("A1", chat=ANN_LID),
        LINK,
    )
    contact = await desk.library.get_contact("default", str(ANN_LID))
    assert (contact.full_name, contact.push_name) == ("Ann Example", "annie")
    assert contact.person.name == "Ann Example"
    assert (await desk.library.get_chat("default", str(ANN))).name == "Ann Example"


async def test_a_contact_tells_both_addresses(desk: Desk) -> None:
    await desk.take(ContactsChanged(contacts=(Contact(jid=ANN, alt=ANN_LID, full_name="Ann"),)))
    await desk.take(received("A1", chat=ANN_LID))
    assert (await desk.library.get_message("default", "A1")).chat_jid == str(ANN)


async def test_a_receipt_by_lid_finds_the_message(linked: Desk) -> None:
    await linked.take(received("M1", from_me=True))
    receipt = Receipt(
        kind=ReceiptKind.READ, chat=ANN_LID, sender=ANN_LID, ids=("M1",), timestamp=at(5)
    )
    await linked.take(ReceiptReceived(receipt=receipt))
    assert linked.rows("SELECT state FROM messages")[0][0] == "read"


async def test_the_own_lid_is_the_own_number(desk: Desk) -> None:
    await desk.take(CONNECTED, received("A1", chat=OWN_LID, sender=OWN_LID, from_me=True))
    found = await desk.library.get_message("default", "A1")
    assert (found.chat_jid, found.sender.jid) == (str(OWN), str(OWN))


async def test_accounts_do_not_share_what_they_know(desk: Desk) -> None:
    await desk.take(LINK, account="one")
    await desk.take(received("A1", chat=ANN_LID), account="two")
    assert (await desk.library.get_message("two", "A1")).chat_jid == str(ANN_LID)
    assert (await desk.library.get_message("two", "A1")).sender.phone == ""


def test_plain_takes_device_and_hosting_away() -> None:
    assert plain(Jid("1234567", "hosted", 99)) == Jid("1234567", "s.whatsapp.net")
    assert plain(Jid("1234567", "hosted.lid", 99)) == Jid("1234567", "lid")
    assert plain(Jid("1234567", "s.whatsapp.net", 3)) == Jid("1234567", "s.whatsapp.net")


# -- addresses that change ----------------------------------------------------------------------

CARL = Jid("491700000003", "s.whatsapp.net")
CARL_LID = Jid("33000000000003", "lid")


async def chats(desk: Desk) -> dict[str, list[str]]:
    """The ids of the messages of each chat."""
    found: dict[str, list[str]] = {}
    for chat in (await desk.library.list_chats("default")).items:
        page = await desk.library.list_messages("default", MessageFilter(chat=chat.jid))
        found[chat.jid] = [message.id for message in page.items]
    return found


async def test_a_new_number_takes_the_chat_along(desk: Desk) -> None:
    await desk.take(LINK, received("A1", chat=ANN, push_name="Ann"))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=CARL))
    await desk.take(received("A2", chat=ANN_LID, sender_alt=CARL, chat_alt=CARL, seconds=1))
    assert await chats(desk) == {str(CARL): ["A2", "A1"]}
    for address in (str(ANN), "+49 170 0000001", str(ANN_LID), str(CARL)):
        assert (await desk.library.get_chat("default", address)).jid == str(CARL)
        assert (await desk.library.get_message("default", "A1", chat=address)).id == "A1"
        assert (await desk.library.get_contact("default", address)).person.phone == "+491700000003"
    (moved,) = await desk.events("chat.updated")
    assert (moved["chat_jid"], moved["previous_jid"]) == (str(CARL), str(ANN))
    told = (await desk.events("contact.updated"))[-1]
    assert (told["jid"], told["previous_jid"], told["phone"]) == (
        str(CARL), str(ANN), "+491700000003",
    )  # fmt: skip


async def test_what_still_comes_by_the_old_number_goes_to_the_person(desk: Desk) -> None:
    await desk.take(LINK, received("A1", chat=ANN), IdentityLinked(lid=ANN_LID, pn=CARL))
    await desk.take(received("A2", chat=ANN, seconds=1, from_history=True))
    assert await chats(desk) == {str(CARL): ["A2", "A1"]}


async def test_the_old_number_of_one_is_the_new_one_of_another(desk: Desk) -> None:
    """The first keeps what was said, under the new number; the second begins afresh."""
    await desk.take(LINK, received("A1", chat=ANN), IdentityLinked(lid=ANN_LID, pn=CARL))
    await desk.take(received("B1", chat=BEN_LID, chat_alt=ANN, sender_alt=ANN, seconds=1))
    assert await chats(desk) == {str(CARL): ["A1"], str(ANN): ["B1"]}
    assert (await desk.library.get_message("default", "B1")).sender.lid == str(BEN_LID)
    assert (await desk.library.get_message("default", "A1")).sender.lid == str(ANN_LID)


async def test_a_number_that_goes_from_one_known_person_to_another(desk: Desk) -> None:
    """Ann takes over Ben's number: Ben is known by his LID from then on, nothing is mixed."""
    await desk.take(LINK, IdentityLinked(lid=BEN_LID, pn=BEN))
    await desk.take(received("A1", chat=ANN), received("B1", chat=BEN, seconds=1))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=BEN))
    assert await chats(desk) == {str(BEN_LID): ["B1"], str(BEN): ["A1"]}
    ben = (await desk.library.get_message("default", "B1")).sender
    assert (ben.jid, ben.lid, ben.phone) == (str(BEN_LID), str(BEN_LID), "")
    moves = [(e["previous_jid"], e["chat_jid"]) for e in await desk.events("chat.updated")]
    assert moves == [(str(BEN), str(BEN_LID)), (str(ANN), str(BEN))]
    await desk.take(IdentityLinked(lid=BEN_LID, pn=CARL))
    assert await chats(desk) == {str(CARL): ["B1"], str(BEN): ["A1"]}


async def test_a_number_with_a_new_lid_is_the_same_chat(desk: Desk) -> None:
    await desk.take(LINK, received("A1", chat=ANN_LID))
    await desk.take(received("A2", chat=CARL_LID, chat_alt=ANN, sender_alt=ANN, seconds=1))
    assert await chats(desk) == {str(ANN): ["A2", "A1"]}
    assert (await desk.library.get_message("default", "A1")).sender.lid == str(CARL_LID)
    assert (await desk.library.get_chat("default", str(ANN_LID))).jid == str(ANN)
    assert (await desk.events("contact.updated"))[-1]["lid"] == str(CARL_LID)
    await desk.take(IdentityLinked(lid=ANN_LID, pn=CARL), received("A3", chat=ANN_LID, seconds=2))
    assert await chats(desk) == {str(CARL): ["A3"], str(ANN): ["A2", "A1"]}


async def test_numbers_that_flap_lose_nothing(desk: Desk) -> None:
    await desk.take(received("A1", chat=ANN_LID))
    for number in range(6):
        pn = (ANN, CARL)[number % 2]
        await desk.take(
            IdentityLinked(lid=ANN_LID, pn=pn), received(f"N{number}", chat=pn, seconds=number + 1)
        )
    assert await chats(desk) == {str(CARL): [*(f"N{n}" for n in reversed(range(6))), "A1"]}


async def test_nobody_becomes_the_account_itself(desk: Desk) -> None:
    await desk.take(CONNECTED, received("A1", chat=OWN, sender=OWN, from_me=True))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=OWN), IdentityLinked(lid=OWN_LID, pn=ANN))
    await desk.take(received("A2", chat=ANN_LID, sender_alt=OWN, chat_alt=OWN, seconds=1))
    await desk.take(received("A3", chat=ANN, sender_alt=OWN_LID, chat_alt=OWN_LID, seconds=2))
    assert await chats(desk) == {str(ANN): ["A3"], str(ANN_LID): ["A2"], str(OWN): ["A1"]}


async def test_another_way_to_write_a_number_is_the_same_chat(desk: Desk) -> None:
    await desk.take(LINK, received("A1", chat=ANN), received("A2", chat=CARL, seconds=1))

    def say(tx: ArchiveTx) -> None:
        Recording(tx, "default", 0).same_number(CARL, ANN)
        Recording(tx, "default", 0).same_number(CARL, ANN)

    await desk.archive.write(say)
    assert await chats(desk) == {str(ANN): ["A2", "A1"]}
    assert (await desk.library.get_chat("default", "+49 170 0000003")).jid == str(ANN)
    assert len(await desk.events("chat.updated")) == 1
    await desk.take(received("C1", chat=CARL_LID, chat_alt=CARL, sender_alt=CARL, seconds=2))
    assert await chats(desk) == {str(CARL): ["C1"], str(ANN): ["A2", "A1"]}


async def test_a_number_of_a_known_person_is_no_way_to_write_another(desk: Desk) -> None:
    await desk.take(LINK, IdentityLinked(lid=BEN_LID, pn=BEN), received("B1", chat=BEN))
    await desk.archive.write(lambda tx: Recording(tx, "default", 0).same_number(BEN, ANN))
    assert await chats(desk) == {str(BEN): ["B1"]}


# -- what comes together ------------------------------------------------------------------------


async def test_an_edit_and_a_revoke_meet_their_messages(desk: Desk) -> None:
    await desk.take(
        received("A1", "old", chat=ANN_LID),
        received("A2", "gone", chat=ANN_LID, seconds=1),
        received("E1", edit(key("A1", chat=ANN), "new"), chat=ANN, seconds=2),
        received("D1", revoke(key("A2", chat=ANN)), chat=ANN, seconds=3),
    )
    assert (await desk.library.get_message("default", "A1")).text == "old"
    await desk.take(LINK)
    edited = await desk.library.get_message("default", "A1")
    assert (edited.text, edited.edited_at) == ("new", at(2))
    assert [v.text for v in await desk.library.list_edits("default", "A1")] == ["old", "new"]
    assert (await desk.library.get_message("default", "A2")).revoked_at == at(3)
    assert [m.id for m in (await desk.library.list_messages(
        "default", MessageFilter(query="new"))).items] == ["A1"]  # fmt: skip


async def test_a_placeholder_meets_its_message(desk: Desk) -> None:
    lost = MessageUndecryptable(key=key("A1", chat=ANN_LID), timestamp=at(0), reason="no_session")
    await desk.take(lost, received("A1", "found", chat=ANN))
    assert desk.count("messages") == 2
    await desk.take(LINK)
    assert await chats(desk) == {str(ANN): ["A1"]}
    assert (await desk.library.get_message("default", "A1")).text == "found"
    assert (await desk.library.get_chat("default", str(ANN))).unread == 1


async def test_a_placeholder_is_filled_by_the_other_address(desk: Desk) -> None:
    lost = MessageUndecryptable(key=key("A1", chat=ANN_LID), timestamp=at(0), reason="no_session")
    await desk.take(lost, LINK, received("A1", "found", chat=ANN))
    assert await chats(desk) == {str(ANN): ["A1"]}
    assert len(await desk.events("message.recovered")) == 1


async def test_quoted_people_and_mentions_have_the_address_of_today(desk: Desk) -> None:
    quoted = Quoted(id="A1", sender=ANN_LID.with_device(4), text="before")
    context = Context(quoted=quoted, mentions=(ANN_LID, ANN, BEN_LID))
    reply = received("B1", Text(text="after", context=context), chat=GROUP, sender=BEN_LID)
    await desk.take(received("A1", "before", chat=GROUP, sender=ANN_LID), reply)
    (_, told) = await desk.events("message.received")
    assert told["quoted"]["sender"] == str(ANN_LID)
    assert told["mentions"] == [str(ANN_LID), str(ANN), str(BEN_LID)]
    await desk.take(LINK)
    view = message_view(await desk.library.get_message("default", "B1"))
    original = await desk.library.get_message("default", view["quoted"]["id"])
    assert view["quoted"]["sender"] == original.sender.jid == str(ANN)
    assert view["mentions"] == [str(ANN), str(BEN_LID)]


async def test_votes_receipts_and_who_revoked_move_too(linked: Desk) -> None:
    poll = Poll(question="Tea?", options=("yes", "no"), secret=b"s" * 32)
    vote = PollVote(poll=key("P1", chat=GROUP, sender=ANN_LID), enc_payload=b"x", enc_iv=b"y")
    group = Group(
        jid=GROUP, subject="Us", owner=ANN_LID, participants=(Participant(jid=ANN_LID, admin=True),)
    )
    receipt = Receipt(
        kind=ReceiptKind.READ, chat=GROUP, sender=ANN_LID, ids=("M1",), timestamp=at(5)
    )
    await linked.take(
        GroupJoined(group=group),
        received("P1", poll, chat=GROUP, sender=ANN_LID),
        received("V1", vote, chat=GROUP, sender=ANN_LID, seconds=1),
        received("M1", chat=GROUP, sender=OWN, from_me=True, seconds=2),
        ReceiptReceived(receipt=receipt),
        received("B1", chat=GROUP, sender=BEN, seconds=3),
        received("D1", revoke(key("B1", chat=GROUP, sender=BEN)), chat=GROUP, sender=ANN_LID),
        LINK,
    )
    (vote_row,) = linked.rows("SELECT sender, poll_sender FROM votes")
    assert tuple(vote_row) == (str(ANN), str(ANN))
    assert [r[0] for r in linked.rows("SELECT person FROM receipts")] == [str(ANN)]
    (revoked,) = linked.rows("SELECT revoked_by FROM messages WHERE revoked_ms IS NOT NULL")
    assert revoked[0] == str(ANN)
    assert (await linked.library.get_group("default", str(GROUP))).owner == str(ANN)


async def test_equal_names_make_no_one_person(desk: Desk) -> None:
    await desk.take(
        received("A1", chat=GROUP, sender=ANN_LID, push_name="Sam"),
        received("B1", chat=GROUP, sender=BEN_LID, push_name="Sam", seconds=1),
        received("H1", chat=GROUP, sender=BEN_LID, push_name="Sam", from_history=True),
        LINK,
        received("A2", chat=GROUP, sender=ANN, push_name="Sam", seconds=2),
    )
    page = await desk.library.list_messages("default", MessageFilter(chat=str(GROUP)))
    senders = {m.id: (m.sender.jid, m.sender.name) for m in page.items}
    assert senders == {
        "A1": (str(ANN), "Sam"),
        "A2": (str(ANN), "Sam"),
        "B1": (str(BEN_LID), "Sam"),
        "H1": (str(BEN_LID), "Sam"),
    }


@pytest.mark.parametrize(
    "query",
    ["+49 170 000-0003", "0049170 0000003", "0000003", str(CARL), str(ANN_LID), "11000000000001",
     "+49 170 0000001", "sam"],
)  # fmt: skip
async def test_a_search_finds_a_person_by_every_address(desk: Desk, query: str) -> None:
    await desk.take(LINK, received("A1", chat=ANN, push_name="Sam"), received("B1", chat=BEN))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=CARL))
    found = await desk.library.list_chats("default", query=query)
    assert [chat.jid for chat in found.items] == [str(CARL)]
    people = await desk.library.list_contacts("default", query=query)
    assert [contact.person.jid for contact in people.items] == [str(CARL)]
