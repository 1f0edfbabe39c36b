"""Pairing by QR and by code against a scripted server and phone."""

import asyncio
import os
from itertools import pairwise
from pathlib import Path

import pytest

from scripted.engine_stage import ACCOUNT, EngineStage, policy
from scripted.phone import LID, PN, ScriptedPhone, wrong_secret
from scripted.waiting import VirtualClock, until
from wigwag.engine.common.errors import AlreadyPaired
from wigwag.engine.common.phones import parse_phone
from wigwag.engine.native.connection.pairing import PairingPolicy, qr_lifetimes
from wigwag.model.account import ConnectionState
from wigwag.model.errors import InvalidInput, NotConnected, NotPaired
from wigwag.model.event import PairingCode, PairingPasskey, PairingQr
from wigwag.model.jid import SERVER_JID
from wigwag.wire.client_payload import Login, Registration
from wigwag.wire.nodes import Node


@pytest.mark.parametrize(
    ("count", "lifetimes"),
    [(6, [60, 20, 20, 20, 20, 20]), (5, [20] * 5), (1, [20]), (0, [])],
)
def test_lifetimes_of_codes(count: int, lifetimes: list[float]) -> None:
    assert qr_lifetimes(count, PairingPolicy()) == lifetimes


async def test_a_scan_links_the_device_and_logs_it_in(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        registration = phone.registration
        assert isinstance(registration, Registration)
        assert registration.device.os == "wigwag"
        assert registration.registration_id > 0
        await phone.scan(await stage.qr())
        await phone.check_signature()
        device = stage.store.find_device(ACCOUNT)
        assert device is not None
        assert (device.jid, device.lid) == (PN, LID)
        assert (device.platform, device.business_name) == ("android", "Shop")
        assert stage.store.find_identity(ACCOUNT, f"{LID.user}_1:0") == phone.identity.public
        assert stage.store.find_lid_user(ACCOUNT, PN.user) == LID.user
        assert stage.store.find_signed_prekey(ACCOUNT, 1) == device.signed_prekey
        await phone.restart()

        client = await stage.server.client()
        assert isinstance(client.visitor, Login)
        assert (client.visitor.username, client.visitor.device) == (PN.user, 7)
        assert client.noise_public == device.noise.public
        await client.accept_login(lid=LID, prekeys=0)
        await stage.in_state(ConnectionState.CONNECTED)
        assert stage.states == ["starting", "connecting", "pairing", "connecting", "connected"]
        assert stage.engine.state.jid == PN.bare
        assert stage.engine.state.lid == LID.bare
        assert stage.engine.state.last_frame_in is not None
        await until(lambda: stage.traffics[0].notes == ["start", "connected"])
        with pytest.raises(AlreadyPaired):
            await stage.engine.pair_code("+4915550001")


async def test_the_login_says_what_whatsmeow_says(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        said = [
            (node.tag, node.attr("xmlns"), node.kids[0].tag if node.kids else "")
            for node in client.log
        ]
        assert said == [
            ("iq", "encrypt", "count"),
            ("iq", "encrypt", "registration"),
            ("iq", "encrypt", "count"),
            ("iq", "passive", "active"),
        ]
        upload = client.log[1]
        assert [kid.tag for kid in upload.kids] == [
            "registration",
            "type",
            "identity",
            "list",
            "skey",
        ]
        keys = upload.kids[3].kids
        assert len(keys) == 812
        ids = [int.from_bytes(key.kids[0].data, "big") for key in keys]
        assert ids == list(range(1, 813))
        assert [part.tag for part in upload.kids[4].kids] == ["id", "value", "signature"]
        first = stage.store.find_prekey(ACCOUNT, 1)
        assert first is not None
        assert first.pair.public == keys[0].kids[1].data


async def test_codes_follow_one_another_and_expire(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with EngineStage(tmp_path, policy(), clock) as stage:
        phone = await stage.offered()
        await stage.qr()
        spent_s = await clock.until(lambda: stage.states[-1] == "pairing_expired", 200)
        assert spent_s == pytest.approx(160)
        codes = stage.all(PairingQr)
        assert [code.sequence for code in codes] == [1, 2, 3, 4, 5, 6]
        assert len({code.code for code in codes}) == 6
        spans = [
            (later.expires_at - earlier.expires_at).total_seconds()
            for earlier, later in pairwise(codes)
        ]
        assert spans == pytest.approx([20] * 5)
        await phone.client.closed.wait()
        assert stage.states == ["starting", "connecting", "pairing", "pairing_expired"]
        with pytest.raises(NotPaired):
            await stage.engine.mark_read(PN, PN, ["1"])

        # one call starts it anew, with fresh keys
        await stage.engine.start()
        again = ScriptedPhone(await stage.server.client())
        assert again.client.noise_public != phone.client.noise_public
        await again.offer()
        await stage.qr(7)
        assert stage.all(PairingQr)[6].sequence == 1
        await stage.in_state(ConnectionState.PAIRING)


async def test_a_server_that_closes_after_the_last_code_ends_the_pairing(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with EngineStage(tmp_path, policy(), clock) as stage:
        phone = await stage.offered()
        await stage.qr()
        await clock.until(lambda: len(stage.all(PairingQr)) == 6, 200)
        await phone.client.close()
        await stage.in_state(ConnectionState.PAIRING_EXPIRED)


async def test_a_stream_that_breaks_early_is_dialled_again(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        await stage.qr()
        await phone.client.close()
        again = ScriptedPhone(await stage.server.client())
        await again.offer()
        await stage.qr(2)
        assert [code.sequence for code in stage.all(PairingQr)] == [1, 2]
        await again.scan(await stage.qr(2))
        await again.check_signature()


async def test_a_code_is_typed(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        asking = asyncio.ensure_future(stage.engine.pair_code("+49 155 50001"))
        phone = ScriptedPhone(await stage.server.client())
        await phone.offer()
        hello = await phone.answer_code_request()
        code = await asking
        assert len(code) == 9
        assert code[4] == "-"
        assert hello.attr("jid") == "4915550001@s.whatsapp.net"
        assert hello.attr("should_show_push_notification") == "true"
        display = hello.child("companion_platform_display")
        assert display is not None
        assert display.data == b"Chrome (Linux)"
        await until(lambda: stage.all(PairingCode) == [PairingCode(code=code)])
        await phone.type_code(code, hello)
        await phone.check_signature()
        await phone.restart()
        client = await stage.server.client()
        await client.accept_login(lid=LID)
        await stage.in_state(ConnectionState.CONNECTED)


async def test_qr_codes_that_run_out_do_not_cut_off_a_typed_code(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with EngineStage(tmp_path, policy(), clock) as stage:
        asking = asyncio.ensure_future(stage.engine.pair_code("4915550001"))
        phone = ScriptedPhone(await stage.server.client())
        await phone.offer()
        await clock.until(lambda: len(stage.all(PairingQr)) == 6, 200)
        hello = await phone.answer_code_request()
        code = await asking
        await clock.advance(170)
        assert stage.engine.state.state is ConnectionState.PAIRING
        await phone.type_code(code, hello)
        await phone.check_signature()


async def test_a_typed_code_expires_too(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with EngineStage(tmp_path, policy(), clock) as stage:
        asking = asyncio.ensure_future(stage.engine.pair_code("4915550001"))
        phone = ScriptedPhone(await stage.server.client())
        await phone.offer()
        await phone.answer_code_request()
        await asking
        spent_s = await clock.until(lambda: stage.states[-1] == "pairing_expired", 200)
        assert spent_s == pytest.approx(180)


async def test_a_refused_number_is_the_callers_error(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        asking = asyncio.ensure_future(stage.engine.pair_code("4915550001"))
        phone = ScriptedPhone(await stage.server.client())
        await phone.offer()
        request = await phone.client.expect("iq")
        error = Node("error", {"code": "400", "text": "bad-request"})
        attrs = {"id": request.attr("id"), "type": "error"}
        await phone.client.send(Node("iq", {**attrs}, [error]))
        with pytest.raises(InvalidInput, match="400"):
            await asking
        assert stage.engine.state.state is ConnectionState.PAIRING


@pytest.mark.parametrize("phone", ["12345", "0155500001", "1203630@g.us", "what"])
def test_impossible_numbers_are_refused(phone: str) -> None:
    with pytest.raises(InvalidInput):
        parse_phone(phone)


async def test_a_phone_with_another_secret_is_refused(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        await stage.qr()
        await phone.accept(wrong_secret())
        refusal = await phone.client.expect("iq", child="error")
        error = refusal.child("error")
        assert error is not None
        assert (error.attr("code"), error.attr("text")) == ("401", "hmac-mismatch")
        assert stage.store.find_device(ACCOUNT) is None
        again = ScriptedPhone(await stage.server.client())
        await again.offer()


@pytest.mark.parametrize(
    "success",
    [
        Node("pair-success"),
        Node("pair-success", {}, [Node("device-identity", {}, b"x"), Node("device")]),
        Node(
            "pair-success",
            {},
            [Node("device-identity", {}, os.urandom(200)), Node("device", {"jid": PN})],
        ),
        Node(
            "pair-success",
            {},
            [Node("device-identity", {}, b""), Node("device", {"jid": PN.with_device(0)})],
        ),
    ],
)
async def test_a_damaged_pair_success_is_refused(tmp_path: Path, success: Node) -> None:
    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        attrs = {"from": "s.whatsapp.net", "type": "set", "id": "pair"}
        await phone.client.send(Node("iq", {**attrs}, [success]))
        await phone.client.expect("iq", child="error")
        assert stage.store.find_device(ACCOUNT) is None


async def test_a_silent_server_is_dialled_again(tmp_path: Path) -> None:
    async with EngineStage(tmp_path, policy(silence_s=0.05, offer_s=0.2)) as stage:
        await stage.engine.start()
        await stage.server.client()
        await stage.server.client()
        with pytest.raises(NotConnected):
            await stage.engine.pair_code("4915550001")


async def test_an_outdated_client_learns_it_before_pairing(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        await stage.engine.start()
        client = await stage.server.client()
        await client.send(Node("failure", {"reason": "405", "location": "frc"}))
        await stage.in_state(ConnectionState.OUTDATED)


async def test_a_passkey_that_is_wanted_is_told_and_the_codes_stay_valid(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        await stage.qr()
        attrs = {"type": "passkey_prologue_request", "from": SERVER_JID, "id": "n1", "t": "5"}
        options = Node("passkey_request_options", {}, b'{"challenge": "AAAA"}')
        await phone.client.send(Node("notification", {**attrs}, [options]))
        ack = await phone.client.expect("ack")
        assert (ack.attr("class"), ack.attr("id")) == ("notification", "n1")
        await until(lambda: stage.all(PairingPasskey))
        assert "passkey" in stage.all(PairingPasskey)[0].advice
        assert "passkey" in stage.engine.state.reason
        assert stage.states[-1] == "pairing"
        await phone.scan(await stage.qr())
        await phone.check_signature()


async def test_pairing_can_be_asked_for_in_every_state(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        await stage.engine.linking.pair()
        phone = ScriptedPhone(await stage.server.client())
        await phone.offer()
        first = await stage.qr()
        # while a code is shown it is told again
        await stage.engine.linking.pair()
        assert await stage.qr(2) == first
        await phone.scan(first)
        await phone.check_signature()
        await phone.restart()
        client = await stage.reconnected()

        with pytest.raises(AlreadyPaired):
            await stage.engine.linking.pair()
        asking = asyncio.ensure_future(stage.engine.linking.pair(anew=True))
        request = await client.expect("iq", child="remove-companion-device")
        await client.answer(request)
        await asking
        again = ScriptedPhone(await stage.server.client())
        await again.offer()
        assert await stage.qr(3) != first
        assert stage.states[-4:] == ["logged_out", "starting", "connecting", "pairing"]
        assert stage.store.find_device(ACCOUNT) is None


async def test_a_restart_connects_anew(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await stage.engine.linking.restart()
        await client.closed.wait()
        await stage.reconnected()
        assert stage.states[-4:] == ["stopped", "starting", "connecting", "connected"]
        assert len(stage.traffics) == 1, "what was received is still being handed over"
