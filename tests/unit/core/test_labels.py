"""Labels made from here: to WhatsApp, and into the archive by the one door."""

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, received
from wigwag.core.labels import Labels
from wigwag.model.archived import ArchivedLabel
from wigwag.model.errors import InvalidInput, NotFound

ACCOUNT = "default"


@pytest.fixture
def engine(linked: Desk) -> StoredEngine:
    return linked.attach()


@pytest.fixture
def labels(linked: Desk, engine: StoredEngine) -> Labels:
    assert engine.appstate.sink is not None
    return Labels(linked.library, linked.accounts)


async def known(desk: Desk) -> dict[str, ArchivedLabel]:
    return {label.id: label for label in await desk.library.list_labels(ACCOUNT)}


async def test_a_label_is_made_and_changed(linked: Desk, labels: Labels) -> None:
    first = await labels.make(ACCOUNT, "Work", 3)
    assert (first.id, (await labels.make(ACCOUNT, "Home")).id) == ("1", "2")
    renamed = await labels.change(ACCOUNT, "1", name="Job")
    assert (renamed.name, renamed.color) == ("Job", 3)
    assert (await labels.change(ACCOUNT, "1", color=4)).color == 4
    await labels.delete(ACCOUNT, "1")
    assert set(await known(linked)) == {"2"}
    assert (await labels.make(ACCOUNT, "More")).id == "3"


async def test_what_is_so_already_is_no_change(
    linked: Desk, engine: StoredEngine, labels: Labels
) -> None:
    await linked.take(received("A1"))
    await labels.make(ACCOUNT, "Work", 3)
    await labels.on_chat(ACCOUNT, "1", str(ANN), labelled=True)
    before = len(engine.appstate.changes)
    assert (await labels.change(ACCOUNT, "1", name="Work", color=3)).name == "Work"
    assert (await labels.on_chat(ACCOUNT, "1", "+491700000001", labelled=True)).labels == ("1",)
    assert len(engine.appstate.changes) == before


async def test_labels_on_chats_and_messages(linked: Desk, labels: Labels) -> None:
    await linked.take(received("A1"))
    await labels.make(ACCOUNT, "Work")
    message = await linked.library.get_message(ACCOUNT, "A1")
    assert (await labels.on_chat(ACCOUNT, "1", str(ANN), labelled=True)).labels == ("1",)
    await labels.on_message(message, "1", labelled=True)
    assert ((await known(linked))["1"].chats, (await known(linked))["1"].messages) == (1, 1)
    await labels.on_message(message, "1", labelled=False)
    assert (await labels.on_chat(ACCOUNT, "1", str(ANN), labelled=False)).labels == ()
    assert ((await known(linked))["1"].chats, (await known(linked))["1"].messages) == (0, 0)


async def test_mistakes(linked: Desk, labels: Labels) -> None:
    await linked.take(received("A1"))
    message = await linked.library.get_message(ACCOUNT, "A1")
    for name, color in (("", 0), ("x" * 101, 0), ("x", 20), ("x", -1)):
        with pytest.raises(InvalidInput):
            await labels.make(ACCOUNT, name, color)
    await labels.make(ACCOUNT, "Work")
    for wrong in (
        labels.change(ACCOUNT, "9", name="x"),
        labels.delete(ACCOUNT, "9"),
        labels.on_chat(ACCOUNT, "9", str(ANN), labelled=True),
        labels.on_chat(ACCOUNT, "1", str(BEN), labelled=True),
        labels.on_message(message, "9", labelled=True),
    ):
        with pytest.raises(NotFound):
            await wrong
