"""History and app state, as the sandbox's phone tells them."""

from pathlib import Path

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.appstate import ContactNamed
from wigwag.model.content import MessageKey, Text
from wigwag.model.event import AppStateChanged, HistoryReceived
from wigwag.model.message import Message
from wigwag.sandbox.network.faults import Fault, FaultKind


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


def _receipts(town: EngineTown) -> list[str]:
    entries = town.sandbox.transcript.entries(limit=100_000)
    return [e.node.attr("type") for e in entries if e.inbound and e.node.tag == "receipt"]
