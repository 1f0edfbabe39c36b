"""What the simulated phone gives its companion: history, names, settings, and its own messages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from peers.stage import Companion, Stage, until
from peers.whatsmeow import Event
from wigwag.model.appstate import ChatArchived, ContactNamed
from wigwag.sandbox.residents.chronicle import messages_of
from wigwag.sandbox.residents.person import Person

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    ada: Companion
    kurt: Person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    stage = await Stage.open(tmp_path_factory.mktemp("phone"))
    try:
        kurt = stage.sandbox.add_person(name="Kurt G.")
        ada = stage.companion("Ada")
        kurt.send_text(ada.pn, "long ago")
        ada.phone.send_text(kurt.pn, "even then")
        ada.phone.app_state.name_contacts([named(kurt, "Kurt Friedrich")])
        await ada.link()
        yield Cast(stage, ada, kurt)
        assert ada.complaints == []
    finally:
        await stage.close()


def named(person: Person, full_name: str) -> ContactNamed:
    return ContactNamed(jid=person.pn, alt=person.lid, full_name=full_name, first_name="Kurt")


async def test_history_comes_after_the_pairing(cast: Cast):
    def told(event: Event) -> bool:
        chats = event.data["Data"].get("conversations", [])
        return any(
            cast.kurt.pn.user in chat["ID"] or cast.kurt.lid.user in chat["ID"] for chat in chats
        )

    history = await cast.ada.wait("history", told)
    texts = {
        str(part["message"]["message"].get("conversation"))
        for chat in history.data["Data"]["conversations"]
        for part in chat["messages"]
    }
    assert {"long ago", "even then"} <= texts


async def test_names_come_by_app_state(cast: Cast):
    await cast.ada.wait_app_state()
    assert (await cast.ada.call("me"))["push_name"] == "Ada"
    await cast.ada.call("presence", available=True)

    await cast.ada.wait_contact(cast.kurt.pn, "Kurt Friedrich")
    cast.ada.phone.app_state.name_contacts([named(cast.kurt, "Kurt F. Gödel")])
    await cast.ada.wait_contact(cast.kurt.pn, "Kurt F. Gödel")


async def test_settings_of_a_chat_come_by_app_state(cast: Cast):
    cast.ada.phone.app_state.change([ChatArchived(chat=cast.kurt.pn, archived=True)])

    async def archived() -> bool:
        settings = await cast.ada.call("chat_settings", jid=str(cast.kurt.pn))
        return bool(settings.get("Archived"))

    await until(archived)


async def test_a_long_history_comes_whole(cast: Cast):
    """In several chunks, with files; whatsmeow deletes each chunk from the media host."""
    cora = cast.stage.companion("Cora")
    made = cora.phone.history.generate(chats=20, messages=5_000, media=True, seed=3)
    await cora.link()

    def told() -> set[str]:
        return {
            part["message"]["key"]["ID"]
            for event in cora.all("history")
            for chat in event.data["Data"].get("conversations", [])
            for part in chat.get("messages", [])
        }

    async def all_told() -> bool:
        return len(told()) == 5_000

    await until(all_told)
    assert told() == {message.key.id for past in made for message in messages_of(past)}
    assert cora.complaints == []
