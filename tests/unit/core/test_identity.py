"""One person is one chat, whichever address comes first."""

from itertools import permutations

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
from wigwag.core.identity import pair_of, plain
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import Contact, Group, Participant
from wigwag.model.event import ContactsChanged, GroupJoined, IdentityLinked, ReceiptReceived
from wigwag.model.jid import Jid
from wigwag.model.receipt import Receipt, ReceiptKind

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


def test_only_one_of_each_makes_a_pair() -> None:
    assert pair_of(ANN, ANN_LID) == pair_of(ANN_LID, ANN) == (str(ANN_LID), str(ANN))
    assert pair_of(ANN, BEN) is pair_of(ANN_LID, BEN_LID) is pair_of(ANN, GROUP) is None
