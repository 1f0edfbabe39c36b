"""The native engine and the sandbox's app state: snapshots, files of patches, what is wrong."""

from pathlib import Path

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.model.appstate import ChatArchived, ContactNamed, MessageRange, SyncPhase
from wigwag.model.event import AppStateChanged
from wigwag.model.jid import Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.phone_appstate import EXTERNAL_FROM

CONTACTS = "critical_unblock_low"


def contact(number: int) -> ContactNamed:
    jid = Jid(f"49151{number:06d}", "s.whatsapp.net")
    return ContactNamed(jid=jid, full_name=f"Contact {number}", first_name="Contact")


def asked(town: EngineTown, name: str) -> list[str]:
    """How the engine asked for a collection: `snapshot`, or since which version."""
    found: list[str] = []
    for entry in town.sandbox.transcript.entries(limit=100_000):
        sync = entry.node.child("sync") if entry.inbound else None
        for node in sync.children_with("collection") if sync is not None else ():
            if node.attr("name") == name and node.child("patch") is None:
                whole = node.attr("return_snapshot") == "true"
                found.append("snapshot" if whole else node.attr("version"))
    return found


def named(town: EngineTown) -> set[str]:
    changes = [one.change for event in town.told(AppStateChanged) for one in event.changes]
    return {change.full_name for change in changes if isinstance(change, ContactNamed)}


def phase(town: EngineTown, name: str) -> tuple[SyncPhase, int]:
    (status,) = [one for one in town.engine.appstate.statuses() if one.name == name]
    return status.phase, status.version


async def test_a_new_engine_gets_snapshots_and_then_patches(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        state = town.phone.app_state
        state.name_contacts([contact(1), contact(2)])
        state.name_contacts([contact(3)])
        await town.link()
        await until(lambda: phase(town, CONTACTS) == (SyncPhase.SYNCED, 2))
        assert asked(town, CONTACTS) == ["snapshot"]
        await until(lambda: named(town) == {"Contact 1", "Contact 2", "Contact 3"})
        state.name_contacts([contact(4)])
        await until(lambda: phase(town, CONTACTS) == (SyncPhase.SYNCED, 3))
        assert asked(town, CONTACTS) == ["snapshot", "2"]


async def test_a_collection_that_is_empty_is_asked_for_whole(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        await until(lambda: phase(town, "regular_low") == (SyncPhase.SYNCED, 0))
        moment = MessageRange(last_at=town.sandbox.surroundings.now())
        town.phone.app_state.change([ChatArchived(chat=friend.pn, archived=True, range=moment)])
        await until(lambda: phase(town, "regular_low") == (SyncPhase.SYNCED, 1))
        assert set(asked(town, "regular_low")) == {"snapshot"}

        def told() -> list[AppStateChanged]:
            events = town.told(AppStateChanged)
            return [one for one in events if one.collection == "regular_low" and one.changes]

        await until(told)
        assert [event.first for event in told()] == [False]


async def test_many_changes_come_in_a_file(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        await town.link()
        await until(lambda: phase(town, CONTACTS)[0] is SyncPhase.SYNCED)
        many = [contact(number) for number in range(EXTERNAL_FROM + 20)]
        town.phone.app_state.name_contacts(many)
        await until(lambda: len(named(town)) == len(many))
        assert phase(town, CONTACTS) == (SyncPhase.SYNCED, 1)


async def recovered(town: EngineTown) -> None:
    """The engine came by the phone's copy to what it could not read."""
    town.phone.app_state.name_contacts([contact(1)])
    await town.link()
    await until(lambda: named(town) == {"Contact 1"})
    await until(lambda: phase(town, CONTACTS) == (SyncPhase.SYNCED, 1))
    town.phone.app_state.name_contacts([contact(2)])
    await until(lambda: named(town) == {"Contact 1", "Contact 2"})


async def test_a_snapshot_that_does_not_fit_is_asked_of_the_phone(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.sandbox.faults.add(Fault(kind=FaultKind.APP_STATE_SNAPSHOT))
        await recovered(town)


async def test_a_snapshot_that_is_gone_is_asked_of_the_phone(tmp_path: Path) -> None:
    async with EngineTown(tmp_path) as town:
        town.sandbox.faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=404, count=None))
        await recovered(town)
