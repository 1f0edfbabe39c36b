"""The whole sandbox: who lives in it, the demonstration, and restarts, clean and not."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scripted.waiting import until
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.sandbox.demo import ECHO, LID_ONLY, PHONE, SILENT
from wigwag.sandbox.residents.person import Behaviour
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions
from wigwag.sandbox.saving.network_state import export_network
from wigwag.sandbox.saving.saved_state import STATE_FILE, StateUnreadable
from wigwag.wire.errors import PairingFailure


@asynccontextmanager
async def running(directory: Path | None = None, seed: int | None = 1) -> AsyncGenerator[Sandbox]:
    sandbox = await Sandbox.start(
        SandboxOptions(directory=directory, seed=seed, save_interval_s=0.01)
    )
    try:
        yield sandbox
    finally:
        await sandbox.stop()


def texts(sandbox: Sandbox, phone: str) -> list[str]:
    return [entry.text for entry in sandbox.correspondent(phone).inbox.entries()]


async def test_it_tells_where_it_is_and_cleans_up() -> None:
    async with running() as sandbox:
        assert sandbox.ws_url.startswith("wss://127.0.0.1:")
        assert sandbox.proxy_url.startswith("http://127.0.0.1:")
        assert len(sandbox.noise_root) == 32
        assert sandbox.ca_file.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        folder = sandbox.directory
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(InvalidInput):
        _ = sandbox.ws_url
    await sandbox.stop()


async def test_a_taken_port_is_an_error() -> None:
    async with running() as sandbox:
        port = sandbox.listener.port
        with pytest.raises(InvalidInput):
            await Sandbox.start(SandboxOptions(port=port))


async def test_the_demonstration() -> None:
    async with running() as sandbox:
        sandbox.populate()
        sandbox.populate()
        assert list(sandbox.phones) == [PHONE]
        assert list(sandbox.people) == [ECHO, SILENT, LID_ONLY]
        assert sandbox.person(ECHO).behaviour is Behaviour.ECHO
        assert sandbox.person(LID_ONLY).jid.is_lid
        (group,) = sandbox.groups
        assert len(group.members) == 4
        assert sum(chat.count for chat in sandbox.phone(PHONE).history.chats) == 16
        assert len(sandbox.media.list()) == 4
        assert len(sandbox.phone(PHONE).app_state.contacts) == 2


async def test_who_is_who() -> None:
    async with running() as sandbox:
        phone, person = sandbox.add_phone(name="Owner"), sandbox.add_person("Bob")
        assert sandbox.phone(phone.lid) is sandbox.phone(f"+{phone.phone}") is phone
        assert sandbox.person(str(person.pn)) is sandbox.correspondent(person.phone) is person
        for find in (sandbox.phone, sandbox.correspondent):
            with pytest.raises(NotFound):
                find("4915100000000")
        with pytest.raises(NotFound):
            sandbox.person(phone.phone)
        with pytest.raises(InvalidInput):
            sandbox.add_person("Twin", phone=person.phone)
        assert sandbox.add_person("Cem", phone="+49 151 0000001").phone == "491510000001"


async def test_groups_need_people_that_exist() -> None:
    async with running() as sandbox:
        ann, bob = sandbox.add_person("Ann"), sandbox.add_person("Bob")
        group = sandbox.create_group("Both", [ann.phone], creator=bob.phone)
        assert list(group.members) == [bob.lid, ann.lid]
        assert group.creator.lid == bob.lid
        with pytest.raises(NotFound):
            sandbox.create_group("Nobody", ["4915100000000"])
        with pytest.raises(InvalidInput):
            sandbox.create_group("Empty", [])


async def test_scanning_picks_a_free_phone(tmp_path: Path) -> None:
    async with running() as sandbox:
        with pytest.raises(PairingFailure):
            sandbox.scan("nonsense")
        assert len(sandbox.phones) == 1
        with pytest.raises(PairingFailure):
            sandbox.scan("nonsense")
        assert len(sandbox.phones) == 1
        with pytest.raises(NotFound):
            await sandbox.enter_code("ABCD1234", next(iter(sandbox.phones)))


async def test_the_same_seed_has_the_same_keys() -> None:
    keys: list[tuple[bytes, bytes]] = []
    for seed in (1, 1, 2):
        async with running(seed=seed) as sandbox:
            sandbox.populate()
            identity = sandbox.phone(PHONE).keyring.local.identity
            keys.append((sandbox.noise_root, identity.public))
    assert keys[0] == keys[1]
    assert keys[0][0] != keys[2][0]
    assert keys[0][1] != keys[2][1]


async def test_a_clean_restart_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox:
        sandbox.populate()
        sandbox.person(SILENT).send_text(PHONE, "before")
        group = sandbox.groups[0].jid
        sandbox.person(SILENT).send_text(group, "group before")
        root, certificate = sandbox.noise_root, sandbox.ca_file.read_bytes()
        network = export_network(sandbox.network)
    async with running(tmp_path) as sandbox:
        sandbox.populate()
        assert export_network(sandbox.network) == network
        assert (sandbox.noise_root, sandbox.ca_file.read_bytes()) == (root, certificate)
        silent = sandbox.person(SILENT)
        assert silent.keyring.has_session(sandbox.phone(PHONE).lid)
        silent.send_text(PHONE, "after")
        silent.send_text(group, "group after")
        heard = texts(sandbox, PHONE)
        assert [text for text in heard if not text.startswith("group")] == ["before", "after"]
        assert heard.count("group after") == 2
        assert sandbox.phone(PHONE).counters["undecryptable"] == 0
        assert len(sandbox.media.list()) == 4


async def test_devices_of_people_come_back(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox:
        sandbox.populate()
        laptop = sandbox.person(SILENT).link_companion()
        sandbox.phone(PHONE).send_text(SILENT, "before")
        said = laptop.send_text(PHONE, "mine")
    async with running(tmp_path) as sandbox:
        silent = sandbox.person(SILENT)
        laptop = silent.device(1)
        assert [entry.text for entry in laptop.inbox.entries()] == ["before"]
        sandbox.phone(PHONE).send_text(SILENT, "after")
        laptop.edit(said, "still mine")
        assert [entry.text for entry in laptop.inbox.entries()] == ["before", "after"]
        assert "still mine" in texts(sandbox, PHONE)
        assert silent.link_companion().lid.device == 2


def state(directory: Path) -> bytes:
    file = directory / STATE_FILE
    return file.read_bytes() if file.exists() else b""


async def saved_as(directory: Path, condition: Callable[[bytes], bool]) -> None:
    await until(lambda: condition(state(directory)))


async def test_a_crash_loses_no_one(tmp_path: Path) -> None:
    """What a kill -9 leaves is the last save, taken in the middle of the work."""
    async with running(tmp_path / "first") as sandbox:
        sandbox.populate()
        sandbox.person(SILENT).send_text(ECHO, "saved")
        await saved_as(tmp_path / "first", lambda data: data.count(b'"saved"') >= 2)
        # a file that is being written has its name for a moment only
        unfinished = shutil.ignore_patterns("*.new")
        shutil.copytree(tmp_path / "first", tmp_path / "second", ignore=unfinished)
    async with running(tmp_path / "second") as sandbox:
        silent = sandbox.person(SILENT)
        assert texts(sandbox, SILENT) == ["saved"]
        assert not silent.keyring.has_session(sandbox.person(ECHO).lid)
        silent.send_text(ECHO, "after the crash")
        assert texts(sandbox, SILENT) == ["saved", "after the crash"]
        silent.send_text(sandbox.groups[0].jid, "to the group")
        assert "to the group" in texts(sandbox, PHONE)


async def test_ids_do_not_repeat_after_a_restart(tmp_path: Path) -> None:
    seen: set[str] = set()
    for _ in range(3):
        async with running(tmp_path) as sandbox:
            sandbox.populate()
            ids = sandbox.person(SILENT).send_many(PHONE, ["a", "b"])
            assert not seen & set(ids)
            seen |= set(ids)


async def test_what_waits_is_delivered_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as sandbox:
        sandbox.populate()
        sandbox.network.detach(sandbox.phone(PHONE).lid)
        sandbox.person(SILENT).send_text(PHONE, "while it was away")
    async with running(tmp_path) as sandbox:
        assert texts(sandbox, PHONE) == ["while it was away"]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 99}', b"[" * 100_000]
)
async def test_a_damaged_state_is_told(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / STATE_FILE).write_bytes(damage)
    with pytest.raises(StateUnreadable):
        await Sandbox.start(SandboxOptions(directory=tmp_path))


async def test_saving_survives_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as sandbox:
        await saved_as(tmp_path, bool)
        full = True

        def fail(directory: Path, data: bytes) -> None:
            if full:
                raise OSError(28, "No space left on device")
            (directory / STATE_FILE).write_bytes(data)

        monkeypatch.setattr("wigwag.sandbox.sandbox.write_state", fail)
        sandbox.add_person("Late", phone="491510000009")
        await asyncio.sleep(0)
        full = False
        sandbox.hurry()
        await saved_as(tmp_path, lambda data: b"491510000009" in data)
