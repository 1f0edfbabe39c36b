"""What the sandbox does wrong on purpose, and how the real client takes it."""

from pathlib import Path

import pytest

from peers.stage import Companion, Stage, texts, until
from peers.whatsmeow import PeerError
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_png
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.whatsmeow


@pytest.fixture
def grace(stage: Stage) -> Person:
    return stage.sandbox.add_person(name="Grace")


async def linked(stage: Stage) -> Companion:
    (ada,) = await stage.linked("Ada")
    return ada


async def test_messages_of_an_absence_come_in_order(stage: Stage, grace: Person):
    ada = await linked(stage)
    grace.send_text(ada.pn, "while you are here")
    await ada.wait_text("while you are here")
    await ada.settled()
    await ada.close()
    sent = [grace.send_text(ada.pn, f"while you were away {number}") for number in range(5)]
    await ada.resume()
    await ada.wait("offline_completed")
    await ada.wait_text("while you were away 4")
    assert [event.id for event in ada.all("message") if event.text] == sent
    assert ada.complaints == []


async def test_a_cut_loses_nothing(stage: Stage, grace: Person):
    ada = await linked(stage)
    refused = stage.inject(FaultKind.REFUSE, count=None)
    stage.sandbox.network.cut(ada.device)
    await ada.wait("disconnected")
    sent = [grace.send_text(ada.pn, f"cut {number}") for number in range(3)]
    stage.sandbox.faults.remove(refused)
    await ada.wait_text("cut 2")
    assert [event.id for event in ada.all("message") if event.text] == sent


async def test_a_send_survives_the_cut_of_its_connection(stage: Stage, grace: Person):
    ada = await linked(stage)
    await ada.send_text(grace.pn, "hello")
    for when in ("before", "after"):
        stage.inject(FaultKind.DROP, target=ada.phone.phone, when=when)
        sent = await ada.send_text(grace.pn, f"dropped {when}")
        entry = await grace.wait_for(lambda e, when=when: e.text == f"dropped {when}")
        assert entry.id == sent
    assert texts_of(grace) == ["hello", "dropped before", "dropped after"]


async def test_a_garbled_message_is_recovered(stage: Stage, grace: Person):
    ada = await linked(stage)
    grace.send_text(ada.pn, "clear")
    await ada.wait_text("clear")
    stage.inject(FaultKind.GARBLE, target=ada.device)
    sent = grace.send_text(ada.pn, "garbled on the way")
    assert (await ada.wait("undecryptable")).id == sent
    assert (await ada.wait_text("garbled on the way")).id == sent
    grace.send_text(ada.pn, "clear again")
    await ada.wait_text("clear again")


async def test_a_garbled_first_message_is_recovered(stage: Stage, grace: Person):
    ada = await linked(stage)
    stage.inject(FaultKind.GARBLE, target=ada.device)
    grace.send_text(ada.pn, "first words")
    await ada.wait_text("first words")


async def test_whatsmeow_sends_again_what_was_garbled(stage: Stage, grace: Person):
    ada = await linked(stage)
    await ada.send_text(grace.pn, "clear")
    stage.inject(FaultKind.GARBLE, target=grace.lid)
    sent = await ada.send_text(grace.pn, "garbled for Grace")
    assert (await grace.wait_for(lambda e: e.text == "garbled for Grace")).id == sent


async def test_a_garbled_group_message_is_recovered(stage: Stage, grace: Person):
    ada = await linked(stage)
    group = stage.sandbox.create_group("Noisy", [ada.pn], creator=grace.pn).jid
    await ada.wait("joined_group")
    stage.inject(FaultKind.GARBLE, target=ada.device)
    grace.send_text(group, "lost in noise")
    await ada.wait_text("lost in noise")
    stage.inject(FaultKind.GARBLE, target=grace.lid)
    await ada.send_text(group, "noise the other way")
    await grace.wait_for(lambda e: e.text == "noise the other way")


async def test_garbled_copies_for_own_devices_are_recovered(stage: Stage, grace: Person):
    ada = await linked(stage)
    twin = stage.companion("Twin", ada.phone)
    await twin.link()
    await ada.send_text(grace.pn, "clear")
    await twin.wait_text("clear")
    stage.inject(FaultKind.GARBLE, twin.device)
    sent = await ada.send_text(grace.pn, "a garbled copy")
    assert (await twin.wait_text("a garbled copy")).id == sent

    ada.phone.send_text(grace.pn, "from the phone")
    await twin.wait_text("from the phone")
    stage.inject(FaultKind.GARBLE, twin.device)
    ada.phone.send_text(grace.pn, "garbled from the phone")
    copy = await twin.wait_text("garbled from the phone")
    assert copy.source("Chat") == str(grace.lid)


async def test_a_garbled_key_share_is_recovered(stage: Stage):
    """Without the app-state key there would be no names; whatsmeow asks the phone again."""
    ada = stage.companion("Ada")
    await ada.start()
    await ada.call("connect")
    stage.inject(FaultKind.GARBLE, f"{ada.phone.phone}:1@s.whatsapp.net")
    ada.phone.scan(await ada.qr())
    await ada.wait("connected")
    await ada.wait_app_state()


async def test_a_garbled_status_is_recovered(stage: Stage, grace: Person):
    ada = await linked(stage)
    grace.send_text("status@broadcast", "clear")
    await ada.wait_text("clear")
    stage.inject(FaultKind.GARBLE, ada.device)
    grace.send_text("status@broadcast", "blurred")
    await ada.wait_text("blurred")


async def test_the_network_is_restarted(tmp_path: Path):
    """A network that was saved goes on with the same keys, sessions and groups."""
    options = SandboxOptions(directory=tmp_path / "network")
    stage = Stage(await Sandbox.start(options), tmp_path)
    try:
        (ada,) = await stage.linked("Ada")
        grace = stage.sandbox.add_person(name="Grace")
        group = stage.sandbox.create_group("Lasting", [grace.pn, ada.pn]).jid
        await ada.send_text(group, "before, to all")
        await ada.send_text(grace.pn, "before")
        await grace.wait_for(lambda e: e.text == "before")
        grace.send_text(ada.pn, "an answer")
        await ada.wait_text("an answer")
        await ada.settled()
        await ada.close()
        grace.send_text(ada.pn, "waiting for you")
        await stage.sandbox.stop()

        stage.sandbox = await Sandbox.start(options)
        ada.proxy_url = stage.sandbox.proxy_url
        grace = stage.sandbox.person(grace.phone)
        await ada.resume()
        await ada.wait_text("waiting for you")
        await ada.send_text(grace.pn, "after")
        await grace.wait_for(lambda e: e.text == "after")
        await ada.send_text(group, "after, to all")
        await grace.wait_for(lambda e: e.text == "after, to all")
        grace.send_text(group, "still here")
        await ada.wait_text("still here")
        assert ada.count("undecryptable") == 0
        assert ada.complaints == []
    finally:
        await stage.close()


async def test_duplicates_are_shown_once(stage: Stage, grace: Person):
    ada = await linked(stage)
    stage.inject(FaultKind.DUPLICATE, target=ada.device, tag="message", count=3)
    for number in range(3):
        grace.send_text(ada.pn, f"twice {number}")
    await ada.wait_text("twice 2")
    assert texts(ada.all("message")) == ["twice 0", "twice 1", "twice 2"]


async def test_the_newer_stream_wins(stage: Stage):
    ada = await linked(stage)
    stage.inject(FaultKind.STREAM_ERROR, target=ada.device, code=409)
    await ada.wait("stream_replaced")


async def test_the_same_device_twice(stage: Stage, grace: Person):
    """A second client with the same identity takes the connection over."""
    ada = await linked(stage)
    await ada.settled()
    await ada.close()
    clone = ada.clone("clone")
    stage.peers.append(clone)
    await ada.resume()
    await clone.resume()
    await ada.wait("stream_replaced")
    grace.send_text(ada.pn, "who gets it?")
    await clone.wait_text("who gets it?")
    assert not texts(ada.all("message"))


@pytest.mark.parametrize("code", [503, 515])
async def test_it_comes_back_after_a_stream_error(stage: Stage, grace: Person, code: int):
    ada = await linked(stage)
    mark = ada.mark()
    stage.inject(FaultKind.STREAM_ERROR, target=ada.device, code=code)
    await ada.wait("connected", since=mark)
    await ada.send_text(grace.pn, "back")
    await grace.wait_for(lambda e: e.text == "back")


@pytest.mark.parametrize(
    ("code", "event"),
    [(402, "temporary_ban"), (405, "client_outdated"), (403, "logged_out")],
)
async def test_failures_at_login(stage: Stage, code: int, event: str):
    ada = await linked(stage)
    await ada.close()
    stage.inject(FaultKind.LOGIN_FAILURE, code=code)
    await ada.start()
    await ada.call("connect")
    await ada.wait(event)


async def test_a_nack_reaches_the_caller(stage: Stage, grace: Person):
    ada = await linked(stage)
    stage.inject(FaultKind.NACK, target=ada.phone.phone, code=479)
    with pytest.raises(PeerError, match="479"):
        await ada.send_text(grace.pn, "refused")
    await ada.send_text(grace.pn, "taken")
    await grace.wait_for(lambda e: e.text == "taken")
    assert texts_of(grace) == ["taken"]


async def test_without_one_time_prekeys(stage: Stage, grace: Person):
    stage.inject(FaultKind.NO_PREKEYS, count=None)
    ada = await linked(stage)
    grace.send_text(ada.pn, "no key for me")
    await ada.wait_text("no key for me")
    await ada.send_text(grace.pn, "none for you")
    await grace.wait_for(lambda e: e.text == "none for you")


async def test_prekeys_are_filled_up(stage: Stage):
    ada = await linked(stage)
    account = stage.sandbox.network.directory.get_device(ada.device)
    assert account.keys is not None
    kept = dict(list(account.keys.one_time.items())[:4])
    account.keys.one_time = dict(kept)
    newcomer = stage.sandbox.add_person(name="Newcomer")
    newcomer.send_text(ada.pn, "one key less")
    await ada.wait_text("one key less")

    async def filled() -> bool:
        return account.keys is not None and len(account.keys.one_time) > 40

    await until(filled)


async def test_faults_of_the_media_host(stage: Stage, grace: Person):
    ada = await linked(stage)
    image = make_png(seed=3, width=200, height=200)
    sent = grace.send_media(ada.pn, image, Attachment())
    await ada.wait("message", lambda e: e.id == sent)
    for kind, fields in (
        (FaultKind.MEDIA_STATUS, {"code": 404}),
        (FaultKind.MEDIA_CORRUPT, {}),
    ):
        number = stage.inject(kind, count=None, **fields)
        with pytest.raises(PeerError, match=r"download|hash|hmac|404"):
            await ada.download(sent)
        stage.sandbox.faults.remove(number)
    assert await ada.download(sent) == image
    stage.inject(FaultKind.MEDIA_STATUS, code=503)
    assert await ada.download(sent) == image  # whatsmeow tries again by itself


async def test_a_reinstalled_contact_is_heard_again(stage: Stage, grace: Person):
    ada = await linked(stage)
    await ada.send_text(grace.pn, "before")
    await grace.wait_for(lambda e: e.text == "before")
    grace.replace_keys()
    await ada.wait("identity_change")
    await ada.send_text(grace.pn, "after")
    await grace.wait_for(lambda e: e.text == "after")
    grace.send_text(ada.pn, "it is me")
    await ada.wait_text("it is me")


def texts_of(person: Person) -> list[str]:
    return [entry.text for entry in person.inbox.entries()]
