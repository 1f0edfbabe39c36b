"""Other people: who is on WhatsApp, what they show, who is shut out."""

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, ANN_LID, BEN, BEN_LID
from wigwag.core.contactbook import MAX_CHECKED, ContactBook
from wigwag.model.chat import Contact
from wigwag.model.errors import Forbidden, InvalidInput, MalformedJid, NotConnected, NotFound
from wigwag.model.event import ContactsChanged, IdentityLinked
from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile, Picture

ACCOUNT = "default"
PICTURE = Picture(id="7", url="https://pps.whatsapp.net/7")


@pytest.fixture
def book(linked: Desk, engine: StoredEngine) -> ContactBook:
    linked.accounts.add(engine)
    return ContactBook(linked.archive, linked.library, linked.accounts)


async def test_numbers_are_checked_once_and_told_in_order(
    linked: Desk, engine: StoredEngine, book: ContactBook
) -> None:
    engine.default_number = False
    engine.numbers = {ANN.user: ANN, "551187654321": Jid("551187654321", "s.whatsapp.net")}
    engine.lids = {ANN.user: ANN_LID}
    await linked.take(ContactsChanged(contacts=(Contact(jid=ANN, business_name="Ann & Co"),)))
    numbers = ["+49 170 0000001", BEN.user, "5511987654321", ANN.user]
    ann, ben, brazil, again = await book.check(ACCOUNT, numbers)
    assert ann == {
        "number": "+49 170 0000001", "is_on_whatsapp": True, "jid": str(ANN), "lid": str(ANN_LID),
        "phone": "+491700000001", "name": "Ann & Co", "business_name": "Ann & Co",
    }  # fmt: skip
    assert again == {**ann, "number": ANN.user}
    assert (ben["number"], ben["is_on_whatsapp"], ben["jid"]) == (BEN.user, False, None)
    assert brazil["jid"] == "551187654321@s.whatsapp.net", "the way WhatsApp writes it"
    asked = list(engine.checked)
    assert asked == [ANN.user, BEN.user, "5511987654321", "551187654321"]
    await book.check(ACCOUNT, numbers)
    assert engine.checked == asked, "answers are kept"


async def test_what_cannot_be_checked(engine: StoredEngine, book: ContactBook) -> None:
    for numbers in ([], [ANN.user] * (MAX_CHECKED + 1), [str(ANN_LID)], ["123@g.us"]):
        with pytest.raises(InvalidInput):
            await book.check(ACCOUNT, numbers)
    with pytest.raises(MalformedJid):
        await book.check(ACCOUNT, ["anna"])
    engine.number_errors.append(NotConnected())
    with pytest.raises(NotConnected):
        await book.check(ACCOUNT, [ANN.user])
    with pytest.raises(NotFound):
        await book.check("work", [ANN.user])


async def test_what_people_show(linked: Desk, engine: StoredEngine, book: ContactBook) -> None:
    await linked.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    with pytest.raises(NotFound):
        await book.picture(ACCOUNT, str(ANN_LID), preview=False)
    engine.profile.pictures[ANN] = PICTURE
    assert await book.picture(ACCOUNT, str(ANN_LID), preview=False) == (str(ANN), PICTURE)
    engine.profile.errors.append(Forbidden())
    with pytest.raises(Forbidden, match="not shown"):
        await book.picture(ACCOUNT, str(ANN), preview=True)
    assert await book.about(ACCOUNT, str(ANN)) == (str(ANN), None)
    engine.profile.abouts[ANN] = "Busy"
    assert await book.about(ACCOUNT, str(ANN_LID)) == (str(ANN), "Busy")
    with pytest.raises(NotFound):
        await book.business(ACCOUNT, str(ANN))
    shop = BusinessProfile(jid=ANN, email="a@example.com")
    engine.profile.businesses[ANN] = shop
    assert await book.business(ACCOUNT, str(ANN)) == (str(ANN), shop)


async def test_who_is_shut_out(linked: Desk, engine: StoredEngine, book: ContactBook) -> None:
    await linked.take(IdentityLinked(lid=BEN_LID, pn=BEN))
    assert await book.set_blocked(ACCOUNT, BEN.user, blocked=True) == str(BEN)
    engine.profile.blocked += [BEN_LID, ANN_LID]
    ben, ann = await book.list_blocked(ACCOUNT)
    assert (ben["jid"], ben["lid"], ben["phone"]) == (str(BEN), str(BEN_LID), f"+{BEN.user}")
    assert (ann["jid"], ann["phone"]) == (str(ANN_LID), None)
    await book.set_blocked(ACCOUNT, str(BEN_LID), blocked=False)
    assert engine.profile.blocked == [BEN_LID, ANN_LID]
