"""A number is checked with the server before anything is kept; answers are kept for a time."""

import pytest

from scripted.waiting import JumpingClock
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, GROUP, received
from wigwag.core import recipients as recipients_module
from wigwag.core.recipients import NOT_THERE_S, REMEMBERED_S, THERE_S, Recipients
from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotConnected, NotOnWhatsApp, WigwagError
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import Jid, parse_recipient

DECORATIONS = ("{}", "+{}", "00{}", " +{} ", "{}@s.whatsapp.net", "{}@c.us", "{}:7@s.whatsapp.net")
SPACED = {
    "5511987654321": "+55 (11) 98765-4321",
    "551187654321": "+55 11 8765\u20114321",
    "5215512345678": "+52 1 55 1234 5678",
    "525512345678": "0052 55 1234-5678",
    "5491123456789": "+54 9 11 2345-6789",
    "541123456789": "+54.11.2345.6789",
    "54111523456789": "+54 11 15 2345 6789",
}
FORMS = {
    "br": ("5511987654321", "551187654321"),
    "mx": ("5215512345678", "525512345678"),
    "ar": ("5491123456789", "541123456789", "54111523456789"),
}
CASES = [
    (given, registered)
    for forms in FORMS.values()
    for given in forms
    for registered in forms
    if "15234" not in registered
]


def pn(phone: str) -> Jid:
    return Jid(phone, "s.whatsapp.net")


@pytest.fixture
def engine() -> StoredEngine:
    """Nobody is on WhatsApp but who is put into `numbers`."""
    engine = StoredEngine()
    engine.default_number = False
    return engine


@pytest.mark.parametrize(("given", "registered"), CASES)
async def test_the_form_that_the_server_returns_is_taken(
    desk: Desk, engine: StoredEngine, given: str, registered: str
) -> None:
    engine.numbers = {registered: pn(registered)}
    recipients = Recipients(desk.archive)
    for text in (*(form.format(given) for form in DECORATIONS), SPACED[given]):
        assert await recipients.check(engine, parse_recipient(text)) == pn(registered)
    asked_first, *later = engine.checked
    assert asked_first == given
    assert bool(later) == (given != registered)


async def test_the_server_may_know_a_form_and_return_another(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.numbers = {"5511987654321": pn("551187654321")}
    to = await Recipients(desk.archive).check(engine, pn("5511987654321"))
    assert (to, engine.checked) == (pn("551187654321"), ["5511987654321"])
    await desk.take(received("A1", chat=pn("551187654321")))
    for number in ("+55 11 98765-4321", "551187654321"):
        assert (await desk.library.get_chat("default", number)).jid == str(pn("551187654321"))


async def test_a_landline_gets_no_ninth_digit(desk: Desk, engine: StoredEngine) -> None:
    engine.numbers = {"5511933334444": BEN}
    with pytest.raises(NotOnWhatsApp):
        await Recipients(desk.archive).check(engine, pn("551133334444"))
    assert engine.checked == ["551133334444"]


async def test_answers_outlive_a_restart_and_end(desk: Desk, engine: StoredEngine) -> None:
    clock = JumpingClock()
    engine.numbers = {ANN.user: ANN}
    recipients = Recipients(desk.archive, clock)
    for fresh in (recipients, Recipients(desk.archive, clock)):
        assert await fresh.check(engine, ANN) == ANN
        for _ in range(2):
            with pytest.raises(NotOnWhatsApp):
                await fresh.check(engine, BEN)
    assert engine.checked == [ANN.user, BEN.user]
    await clock.sleep(NOT_THERE_S)
    engine.numbers[BEN.user] = BEN
    assert await recipients.check(engine, BEN) == BEN
    await clock.sleep(REMEMBERED_S)
    assert await recipients.check(engine, ANN) == ANN
    assert engine.checked == [ANN.user, BEN.user, BEN.user]
    await clock.sleep(THERE_S)
    assert await recipients.check(engine, ANN) == ANN
    assert engine.checked.count(ANN.user) == 2


async def test_memory_is_bounded(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients_module, "MAX_KNOWN", 2)
    recipients = Recipients(desk.archive)
    engine.default_number = True
    for number in range(5):
        await recipients.check(engine, pn(f"49170000000{number}"))
    assert len(recipients._known) == 2  # pyright: ignore[reportPrivateUsage]


async def test_whom_the_archive_knows_by_both_addresses_exists(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(received("A1", chat=ANN_LID, chat_alt=ANN, sender_alt=ANN))
    recipients = Recipients(desk.archive)
    assert await recipients.check(engine, ANN) == ANN
    assert engine.checked == []


@pytest.mark.parametrize("to", [ANN_LID, GROUP])
async def test_what_is_no_number_is_not_asked_for(
    desk: Desk, engine: StoredEngine, to: Jid
) -> None:
    assert await Recipients(desk.archive).check(engine, to) == to
    assert engine.checked == []


async def test_an_old_number_leads_on_unless_it_is_somebody_elses(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(IdentityLinked(lid=ANN_LID, pn=ANN), received("A1", chat=ANN))
    await desk.take(IdentityLinked(lid=ANN_LID, pn=BEN))
    engine.turn(ConnectionState.CONNECTING)
    assert await Recipients(desk.archive).check(engine, ANN) == BEN
    engine.turn(ConnectionState.CONNECTED)
    engine.numbers = {ANN.user: ANN}
    assert await Recipients(desk.archive).check(engine, ANN) == ANN
    await desk.take(received("B1", chat=ANN, seconds=1))
    assert (await desk.library.get_message("default", "B1")).chat_jid == str(ANN)
    assert (await desk.library.get_message("default", "A1")).chat_jid == str(BEN)


async def test_an_answer_with_both_addresses_is_remembered(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(received("B1", chat=BEN_LID))
    engine.numbers, engine.lids = {BEN.user: BEN}, {BEN.user: BEN_LID}
    await Recipients(desk.archive).check(engine, BEN)
    assert (await desk.library.get_message("default", "B1")).chat_jid == str(BEN)


async def test_no_answer_is_no_refusal(desk: Desk, engine: StoredEngine) -> None:
    recipients = Recipients(desk.archive)
    engine.number_errors = [NotConnected(), WigwagError("no answer in time")]
    assert await recipients.check(engine, ANN) == ANN
    with pytest.raises(NotConnected, match="did not answer"):
        await recipients.check(engine, ANN)
