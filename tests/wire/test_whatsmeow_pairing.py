"""Real whatsmeow links itself to the sandbox: by QR, by code, again, several times, and not."""

import pytest

from peers.child import until
from peers.stage import Stage
from peers.whatsmeow import jid_text
from wigwag.sandbox.residents.person import Behaviour

pytestmark = pytest.mark.whatsmeow


async def test_pairs_by_qr_and_resumes(stage: Stage):
    ada = stage.companion("Ada")
    await ada.link()

    status = (await ada.wait("pair_status")).data
    assert (status["Status"], jid_text(status["ID"])) == ("SUCCESS", str(ada.pn))
    assert await ada.call("me") | {"push_name": ""} == {
        "jid": str(ada.pn),
        "lid": str(ada.lid),
        "push_name": "",
    }
    assert [device.device for device in ada.phone.companions] == [1]

    await ada.settled()
    await ada.close()
    await ada.resume()
    assert ada.count("qr") == 0
    assert [device.device for device in ada.phone.companions] == [1]
    assert ada.complaints == []


async def test_pairs_by_code(stage: Stage):
    ada = stage.companion("Ada")
    await ada.start()
    await ada.call("connect")
    await ada.wait("qr")
    code = await ada.call("pair_phone", phone=ada.phone.phone)
    await stage.sandbox.enter_code(code, ada.phone.phone)
    await ada.wait("connected")

    assert (await ada.call("me"))["lid"] == str(ada.lid)
    person = stage.sandbox.add_person(name="Echo", behaviour=Behaviour.ECHO)
    await ada.send_text(person.pn, "paired by code")
    await ada.wait_text("paired by code")
    assert ada.complaints == []


async def test_companions_of_one_account_share_its_chats(stage: Stage):
    first = stage.companion("Ada")
    await first.link()
    second = stage.companion("Ada", first.phone)
    await second.link()
    assert [device.device for device in first.phone.companions] == [1, 2]
    person = stage.sandbox.add_person(name="Grace")

    person.send_text(first.lid, "to all your devices")
    for device in (first, second):
        assert not (await device.wait_text("to all your devices")).from_me

    await first.send_text(person.pn, "from the first")
    copy = await second.wait_text("from the first")
    assert copy.from_me
    assert copy.source("Chat") == str(person.lid)
    assert (await person.wait_for(lambda e: e.text == "from the first")).device == 1
    assert (await first.phone.wait_for(lambda e: e.text == "from the first")).from_me

    first.phone.send_text(person.pn, "from the phone")
    for device in (first, second):
        assert (await device.wait_text("from the phone")).from_me
    assert (await person.wait_for(lambda e: e.text == "from the phone")).device == 0
    assert first.complaints == second.complaints == []


async def test_a_new_companion_is_heard_of_by_others(stage: Stage):
    ada, bob = await stage.linked("Ada", "Bob")
    await bob.send_text(ada.pn, "to one device")
    await ada.wait_text("to one device")
    second = stage.companion("Ada", ada.phone)
    await second.link()
    await bob.send_text(ada.pn, "to two devices")
    await ada.wait_text("to two devices")
    await second.wait_text("to two devices")

    ada.phone.unlink(second.device)
    await second.wait("logged_out")
    await bob.send_text(ada.pn, "to one again")
    await ada.wait_text("to one again")
    assert ada.complaints == bob.complaints == []


async def test_the_phone_logs_a_companion_out(stage: Stage):
    ada = stage.companion("Ada")
    await ada.link()
    ada.phone.unlink(ada.device)
    assert not (await ada.wait("logged_out")).data.get("OnConnect", False)
    assert ada.phone.companions == []


async def test_a_companion_logs_itself_out(stage: Stage):
    ada = stage.companion("Ada")
    await ada.link()
    await ada.call("logout")
    assert ada.phone.companions == []


async def test_an_unlinked_companion_learns_it_at_login(stage: Stage):
    ada = stage.companion("Ada")
    await ada.link()
    await ada.close()
    ada.phone.unlink()
    await ada.start()
    await ada.call("connect")
    try:
        event = await ada.wait("logged_out", timeout_s=8)
    except AssertionError:
        # Now and then the client's own dispatch loses against the end of its socket. The server
        # says it at every login, so the next one tells; a client that had taken it in asks to pair.
        await ada.close()
        mark = ada.mark()
        await ada.start()
        await ada.call("connect")
        told = {"logged_out", "qr"}
        await until(lambda: any(e.name in told for e in ada.events[mark:]), 20, ada.summary)
    else:
        assert event.data["OnConnect"]
