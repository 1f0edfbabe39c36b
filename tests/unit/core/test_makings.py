"""Groups and newsletters are made once for a key, whatever happens in between."""

import asyncio
from collections.abc import Callable

import pytest

from stored.assemblies import MADE, MADE_NEWSLETTER
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN
from wigwag.core.channels import Channels
from wigwag.core.grouping import Grouping, Made
from wigwag.core.makings import Makings
from wigwag.core.outgoing import Idempotency
from wigwag.model.account import ConnectionState
from wigwag.model.chat import NewGroup
from wigwag.model.errors import (
    Conflict,
    Forbidden,
    IdempotencyConflict,
    MalformedJid,
    NotConnected,
    OutcomeUnknown,
    SendTimeout,
)
from wigwag.model.newsletter import NewNewsletter

KEY = Idempotency(key="k", fingerprint=b"one")
SAILING = NewGroup(subject="Sailing")


class Scene:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.engine = StoredEngine()
        self.engine.groups.sink = desk.ingest.ingest
        self.engine.newsletters.sink = desk.ingest.ingest
        desk.accounts.add(self.engine)
        self.makings = self.restarted()

    def restarted(self) -> Makings:
        """Another process, with the same archive."""
        library, accounts = self.desk.library, self.desk.accounts
        return Makings(
            self.desk.archive,
            library,
            accounts,
            grouping=Grouping(library, accounts),
            channels=Channels(library, accounts),
        )

    async def group(self, key: Idempotency | None = KEY) -> Made:
        return await self.makings.group("default", SAILING, [str(ANN)], key=key)

    @property
    def made(self) -> int:
        return len(self.engine.groups.created)


@pytest.fixture
def scene(linked: Desk) -> Scene:
    return Scene(linked)


async def test_one_group_for_one_key(scene: Scene) -> None:
    first = await scene.group()
    again = await scene.group()
    scene.makings = scene.restarted()
    later = await scene.group()
    assert first.group.jid == again.group.jid == later.group.jid == str(MADE)
    assert [who.person.jid for who in later.group.participants] != []
    assert (scene.made, later.not_added) == (1, ())
    await scene.group(Idempotency(key="other", fingerprint=b"one"))
    await scene.group(None)
    assert scene.made == 3


async def test_one_newsletter_for_one_key(scene: Scene) -> None:
    new = NewNewsletter(name="Ports")
    jids = {(await scene.makings.newsletter("default", new, key=KEY)).jid for _ in range(2)}
    assert jids == {str(MADE_NEWSLETTER)}
    assert len(scene.engine.newsletters.pictures) == 1


async def test_a_key_stands_for_one_request(scene: Scene) -> None:
    await scene.group()
    with pytest.raises(IdempotencyConflict):
        await scene.group(Idempotency(key="k", fingerprint=b"two"))


async def test_a_key_from_before_callers_had_their_own_is_found(scene: Scene) -> None:
    first = await scene.group()
    again = await scene.group(Idempotency(key="shop k", fingerprint=b"one", nobodys="k"))
    assert (again.group.jid, scene.made) == (first.group.jid, 1)
    await scene.group(Idempotency(key="crm k", fingerprint=b"two", nobodys="k"))
    assert scene.made == 2


@pytest.mark.parametrize("error", [asyncio.CancelledError, SendTimeout, NotConnected])
async def test_what_became_of_it_is_unknown(
    scene: Scene, error: Callable[[], BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(_new: NewGroup) -> None:
        raise error()

    with monkeypatch.context() as patch:
        patch.setattr(scene.engine.groups, "create", lost)
        with pytest.raises((asyncio.CancelledError, SendTimeout, NotConnected)):
            await scene.group()
    scene.makings = scene.restarted()
    with pytest.raises(OutcomeUnknown):
        await scene.group()
    assert scene.made == 0
    await scene.group(Idempotency(key="another", fingerprint=b"one"))
    assert scene.made == 1


async def test_after_a_refusal_the_key_is_free(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_new: NewGroup) -> None:
        raise Forbidden

    with monkeypatch.context() as patch:
        patch.setattr(scene.engine.groups, "create", refuse)
        with pytest.raises(Forbidden):
            await scene.group()
    with pytest.raises(MalformedJid):
        await scene.makings.group("default", SAILING, ["nobody"], key=KEY)
    assert (await scene.group()).group.jid == str(MADE)


async def test_without_a_connection_nothing_is_begun(scene: Scene) -> None:
    scene.engine.turn(ConnectionState.CONNECTING)
    with pytest.raises(NotConnected):
        await scene.group()
    scene.engine.turn(ConnectionState.CONNECTED)
    assert (await scene.group()).group.jid == str(MADE)


async def test_two_at_once(scene: Scene) -> None:
    results = await asyncio.gather(scene.group(), scene.group(), return_exceptions=True)
    assert [type(one) for one in results] == [Made, Conflict]
    assert scene.made == 1
