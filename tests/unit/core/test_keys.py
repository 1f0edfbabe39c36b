"""Keys are made once, found by their secrets alone, and only while they are valid."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripted.waiting import VirtualClock
from wigwag.archive import SqliteArchive
from wigwag.core import keys as module
from wigwag.core.keys import CONFIGURED, KeyRing, Keys, configured_key, digest_of
from wigwag.model.errors import Conflict, InvalidInput, NotFound
from wigwag.model.key import ApiKey, Scope

SECRET = "a-key-of-some-length"


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncGenerator[SqliteArchive]:
    archive = await SqliteArchive.open(tmp_path / "messages.db")
    yield archive
    await archive.close()


@pytest.fixture
async def keys(archive: SqliteArchive) -> Keys:
    return Keys(archive)


async def reloaded(archive: SqliteArchive, configured: str = "") -> Keys:
    keys = Keys(archive)
    await keys.load(configured)
    return keys


def test_the_configured_key_may_do_everything() -> None:
    ring = KeyRing()
    ring.add(digest_of(SECRET), configured_key())
    key = ring.find(SECRET)
    assert key is not None
    assert all(key.may(scope) for scope in Scope)
    assert key.reaches("anything")
    assert key.sees("15550001111@s.whatsapp.net")
    for other in ("", "wrong", SECRET + "x", "\udc80"):
        assert ring.find(other) is None


async def test_a_key_expires() -> None:
    clock = VirtualClock()
    key = ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset({Scope.SEND}),
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=1),
    )
    ring = KeyRing(clock)
    ring.add(digest_of(SECRET), key)
    assert ring.find(SECRET) is key
    assert ring.holds(key)
    await clock.advance(3600)
    assert ring.find(SECRET) is None
    assert not ring.holds(key)
    assert ring.all() == [key]


def test_limits_of_a_key() -> None:
    key = ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset({Scope.READ}),
        created_at=VirtualClock().now(),
        accounts=frozenset({"work"}),
        chats=frozenset({"15550001111@s.whatsapp.net"}),
    )
    assert (key.may(Scope.READ), key.may(Scope.SEND), key.may(Scope.ADMIN)) == (True, False, False)
    assert (key.reaches("work"), key.reaches("default")) == (True, False)
    assert key.sees("15550001111@s.whatsapp.net")
    assert not key.sees("15550002222@s.whatsapp.net")


async def test_a_key_outlives_a_restart_and_its_secret_is_not_kept(
    archive: SqliteArchive, keys: Keys, tmp_path: Path
) -> None:
    until = datetime(2099, 1, 1, tzinfo=UTC)
    made, secret = await keys.create(
        " A bot ", {Scope.READ, Scope.SEND}, accounts=["work"], chats=["1@lid"], expires_at=until
    )
    assert made.name == "A bot"
    assert secret.startswith("wgw_")
    assert len(secret) > 40
    assert keys.ring.find(secret) == made
    again = await reloaded(archive)
    assert again.ring.find(secret) == made
    assert again.list() == [made]
    assert again.get(made.id) == made
    await archive.close()
    assert not [path for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()]  # noqa: ASYNC240


async def test_a_key_that_is_taken_back_opens_nothing(archive: SqliteArchive, keys: Keys) -> None:
    await keys.create("admin", {Scope.ADMIN})
    made, secret = await keys.create("bot", {Scope.SEND})
    await keys.delete(made.id)
    assert keys.ring.find(secret) is None
    assert (await reloaded(archive)).ring.find(secret) is None
    with pytest.raises(NotFound):
        await keys.delete(made.id)


async def test_the_last_admin_stays(archive: SqliteArchive, keys: Keys) -> None:
    admin, _ = await keys.create("admin", {Scope.ADMIN})
    await keys.create("bot", {Scope.SEND})
    with pytest.raises(Conflict):
        await keys.delete(admin.id)
    configured = await reloaded(archive, SECRET)
    await configured.delete(admin.id)
    with pytest.raises(Conflict):
        await configured.delete(CONFIGURED)


async def test_two_admins_that_take_each_other_back_leave_one(keys: Keys) -> None:
    made = [(await keys.create(name, {Scope.ADMIN}))[0] for name in "ab"]
    ends = await asyncio.gather(*(keys.delete(key.id) for key in made), return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), Conflict]
    assert keys.list() == [made[1]]


async def test_an_admin_of_less_or_for_a_while_is_no_other_one(archive: SqliteArchive) -> None:
    clock = VirtualClock()
    keys = Keys(archive, clock=clock)
    admin, _ = await keys.create("admin", {Scope.ADMIN})
    await keys.create("of one account", {Scope.ADMIN}, accounts=["default"])
    await keys.create("of one chat", {Scope.ADMIN}, accounts=["default"], chats=["1@lid"])
    ends = clock.now() + timedelta(seconds=60)
    passing, _ = await keys.create("for a minute", {Scope.ADMIN}, expires_at=ends)
    for _ in ("while it is valid", "when it has expired"):
        with pytest.raises(Conflict, match="make another one first"):
            await keys.delete(admin.id)
        await clock.advance(61)
    await keys.delete(passing.id)


async def test_who_can_administer_nothing_any_more_gets_a_key_at_the_next_start(
    archive: SqliteArchive,
) -> None:
    clock = VirtualClock()
    keys = Keys(archive, clock=clock)
    await keys.create("tenant", {Scope.ADMIN}, accounts=["default"])
    ends = clock.now() + timedelta(seconds=60)
    await keys.create("for a minute", {Scope.ADMIN}, expires_at=ends)
    assert not await keys.create_first()
    await clock.advance(61)
    assert await keys.create_first()
    assert not await keys.create_first()


async def test_a_key_gets_another_name_and_another_end(archive: SqliteArchive, keys: Keys) -> None:
    made, secret = await keys.create("bot", {Scope.SEND})
    until = datetime(2099, 1, 1, tzinfo=UTC)
    assert (await keys.change(made.id, name=" my bot ")).name == "my bot"
    changed = await keys.change(made.id, expires_at=until)
    assert (changed.name, changed.expires_at) == ("my bot", until)
    assert keys.ring.find(secret) == changed == (await reloaded(archive)).get(made.id)
    assert keys.ring.holds(made)
    assert (await keys.change(made.id, expires_at=None)).expires_at is None
    with pytest.raises(InvalidInput, match="past"):
        await keys.change(made.id, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="name"):
        await keys.change(made.id, name="")
    with pytest.raises(NotFound):
        await keys.change("key_none", name="x")


async def test_the_last_admin_gets_no_end(archive: SqliteArchive, keys: Keys) -> None:
    admin, _ = await keys.create("admin", {Scope.ADMIN})
    until = datetime(2099, 1, 1, tzinfo=UTC)
    with pytest.raises(Conflict, match="make another one first"):
        await keys.change(admin.id, expires_at=until)
    other, _ = await keys.create("other", {Scope.ADMIN}, expires_at=until)
    later = until + timedelta(days=1)
    assert (await keys.change(other.id, expires_at=later)).expires_at == later
    with pytest.raises(Conflict, match="WIGWAG_API_KEY"):
        await (await reloaded(archive, SECRET)).change(CONFIGURED, name="x")


async def test_the_first_start_makes_an_admin_key_and_no_other_does(
    archive: SqliteArchive, keys: Keys
) -> None:
    secret = await keys.create_first()
    found = keys.ring.find(secret)
    assert found is not None
    assert found.may(Scope.ADMIN)
    assert await keys.create_first() == ""
    assert await (await reloaded(archive)).create_first() == ""


async def test_with_a_configured_key_none_is_made(archive: SqliteArchive) -> None:
    assert await (await reloaded(archive, SECRET)).create_first() == ""


async def test_what_is_no_key_is_refused(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "  ", "x" * 101, "a\x1b[2J"):
        with pytest.raises(InvalidInput, match="name"):
            await keys.create(name, {Scope.READ})
    with pytest.raises(InvalidInput, match="scope"):
        await keys.create("bot", ())
    with pytest.raises(InvalidInput, match="account"):
        await keys.create("bot", {Scope.READ}, accounts=["a b"])
    with pytest.raises(InvalidInput, match="chats"):
        await keys.create("bot", {Scope.READ}, chats=[f"{n}@lid" for n in range(101)])
    with pytest.raises(InvalidInput, match="expires_at"):
        await keys.create("bot", {Scope.READ}, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert keys.list() == []
    monkeypatch.setattr(module, "MAX_KEYS", 1)
    await keys.create("bot", {Scope.READ})
    with pytest.raises(Conflict):
        await keys.create("bot", {Scope.READ})
