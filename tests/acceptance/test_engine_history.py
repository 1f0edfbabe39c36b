"""History and app state, as the sandbox's phone tells them."""

from pathlib import Path

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.appstate import ContactNamed
from wigwag.model.archived import HistoryAnchor
from wigwag.model.content import MessageKey, Text
from wigwag.model.event import (
    AppStateChanged,
    CaughtUp,
    HistoryLost,
    HistoryReceived,
    MessageReceived,
    MessageUndecryptable,
)
from wigwag.model.message import Message
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.chronicle import messages_of


def past(town: EngineTown) -> list[Message]:
    return [message for event in town.told(HistoryReceived) for message in event.messages]


def contacts(town: EngineTown) -> dict[str, ContactNamed]:
    told = [timed.change for event in town.told(AppStateChanged) for timed in event.changes]
    return {change.full_name: change for change in told if isinstance(change, ContactNamed)}


async def test_the_past_of_the_phone(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.sandbox.add_person("Finn", "15550100002")
        town.phone.history.generate(5, 3000, seed=1)
        await town.link()
        await until(lambda: len(past(town)) >= 3000)
        keys = {message.key for message in past(town)}
        assert len(keys) == 3000
        assert all(message.from_history for message in past(town))
        events = town.told(HistoryReceived)
        assert events[0].sync_type == "initial_bootstrap"
        assert {event.sync_type for event in events} >= {"initial_bootstrap", "recent"}
        receipts = _receipts(town)
        await until(lambda: _receipts(town).count("hist_sync") >= 3)
        assert receipts.count("peer_msg") >= 3


async def test_history_waits_for_the_sink(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.phone.history.generate(2, 100, seed=2)
        town.sandbox.add_person("Finn", "15550100002")
        town.sink_error = None
        broken = RuntimeError("the archive is closed")

        async def failing(account: str, events: object) -> None:
            if any(isinstance(event, HistoryReceived) for event in events):  # type: ignore[attr-defined]
                raise broken
            await EngineTown.sink(town, account, events)  # type: ignore[arg-type]

        await town.close()
        town.sink = failing
        await town.open()
        await town.link()
        await until(lambda: "peer_msg" in _receipts(town))
        assert not past(town)
        assert "hist_sync" not in _receipts(town)
        await town.close()
        del town.sink
        await town.open()
        await until(lambda: len(past(town)) >= 100)


async def test_a_history_file_that_is_late(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.phone.history.generate(2, 100, seed=3)
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=503, count=1))
        await town.link()
        await until(lambda: len(past(town)) >= 100)


async def test_the_push_name_and_the_address_book(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        named = ContactNamed(jid=finn.pn, alt=finn.lid, full_name="Finn Fisher", first_name="Finn")
        town.phone.app_state.name_contacts([named])
        await town.link()
        await until(lambda: town.engine.state.push_name == "Alex")
        await until(lambda: "Finn Fisher" in contacts(town))
        assert contacts(town)["Finn Fisher"].jid == finn.pn
        town.phone.app_state.set_push_name("Alexandra")
        await until(lambda: town.engine.state.push_name == "Alexandra")
        renamed = ContactNamed(jid=finn.pn, full_name="Captain Finn", first_name="Finn")
        town.phone.app_state.name_contacts([renamed])
        await until(lambda: "Captain Finn" in contacts(town))


async def test_app_state_that_changed_while_we_were_away(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        await until(lambda: town.engine.state.push_name == "Alex")
        await town.close()
        town.phone.app_state.set_push_name("Sascha")
        await town.open()
        await until(lambda: town.engine.state.push_name == "Sascha")


async def test_a_wrong_mac_harms_nothing(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        await until(lambda: town.engine.state.push_name == "Alex")
        town.sandbox.faults.add(Fault(kind=FaultKind.APP_STATE_MAC, count=1))
        town.phone.app_state.set_push_name("Alexandra")
        await until(lambda: town.engine.state.push_name == "Alexandra")
        finn.send_text(town.phone.pn, "still here")
        await town.until_texts("still here")


async def test_a_missing_key_is_asked_for(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        await until(lambda: town.engine.state.push_name == "Alex")
        town.phone.app_state.rotate_key()
        town.phone.app_state.set_push_name("Alexandra")
        await until(lambda: town.engine.state.push_name == "Alexandra")


async def test_live_messages_and_the_past_have_one_key(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        message_id = finn.send_text(town.phone.pn, "before the linking")
        await town.link()
        await until(lambda: past(town))
        (message,) = past(town)
        assert message.content == Text(text="before the linking")
        assert message.key == MessageKey(chat=finn.pn, sender=finn.pn, id=message_id)


async def test_chunks_in_any_order_repeated_or_missing(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.sandbox.add_person("Finn", "15550100002")
        town.phone.history.generate(3, 6_100, seed=4)
        for kind, count in (
            (FaultKind.HISTORY_REPEAT, 1),
            (FaultKind.HISTORY_REORDER, 1),
            (FaultKind.HISTORY_SKIP, 1),
        ):
            town.sandbox.faults.add(Fault(kind=kind, tag="recent", count=count))
        await town.link()
        # of four chunks `recent` one comes twice, one late, and one never
        await until(lambda: len({m.key for m in past(town)}) >= 4_100)
        await until(lambda: _receipts(town).count("hist_sync") >= 5)
        keys = {message.key for message in past(town)}
        assert 4_000 <= len(keys) <= 4_200


async def test_a_chunk_that_is_gone_is_asked_for_again_and_holds_no_other_back(
    tmp_path: Path,
) -> None:
    async with EngineTown(tmp_path) as town:
        town.phone.history.generate(1, 4_500, seed=5)
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=404, count=9))
        await town.link()
        await until(lambda: len({m.key for m in past(town)}) == 4_500, limit_s=30)
        (lost, *_) = town.told(HistoryLost)
        assert (lost.reason, lost.asked) == ("media_gone", True)


async def test_history_on_demand(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        (chat,) = town.phone.history.generate(1, 60, seed=6)
        known = messages_of(chat)
        await town.link()
        anchor = HistoryAnchor(key=known[30].key, timestamp=known[30].timestamp)
        await town.engine.history.request(anchor, 20, "3EB0REQUEST1")

        def answers() -> list[HistoryReceived]:
            return [e for e in town.told(HistoryReceived) if e.request_id]

        await until(answers)
        (answer,) = answers()
        assert (answer.sync_type, answer.request_id) == ("on_demand", "3EB0REQUEST1")
        assert [m.key.id for m in answer.messages] == [m.key.id for m in known[10:30]][::-1]
        assert [chat.complete for chat in answer.chats] == [False]
        await town.engine.history.request(anchor, 50, "3EB0REQUEST2")
        await until(lambda: len(answers()) == 2)
        assert [chat.complete for chat in answers()[1].chats] == [True]


async def test_what_the_phone_alone_can_send_again(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        await until(lambda: town.engine.state.push_name == "Alex")
        # the message itself and all that its sender sends again: the phone alone can help
        town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, count=5))
        message_id = finn.send_text(town.phone.pn, "hard to read")
        await town.until_told(MessageUndecryptable)
        await until(lambda: any(e.message.key.id == message_id for e in town.told(MessageReceived)))


async def test_catching_up_is_counted(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        finn = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        finn.send_text(town.phone.pn, "hello")
        await town.until_texts("hello")
        await town.close()
        town.events.clear()
        for number in range(150):
            finn.send_text(town.phone.pn, f"text {number}")
        await town.open()
        await until(lambda: len(town.told(CaughtUp)) == 2)
        begun, done = (event.catch_up for event in town.told(CaughtUp))
        assert begun.completed_at is None
        assert begun.expected == done.expected == done.received
        assert done.expected >= 150
        at = town.events.index(town.told(CaughtUp)[1])
        assert sum(isinstance(e, MessageReceived) for e in town.events[:at]) == 150
        state = town.engine.state
        assert state.catch_up == done
        assert state.last_message_at is not None


def _receipts(town: EngineTown) -> list[str]:
    entries = town.sandbox.transcript.entries(limit=100_000)
    return [e.node.attr("type") for e in entries if e.inbound and e.node.tag == "receipt"]
