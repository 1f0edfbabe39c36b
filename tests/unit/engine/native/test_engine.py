"""The engine's life after pairing: logins, ends of every kind, logout, stop."""

import asyncio
import gc
import weakref
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from scripted.engine_stage import ACCOUNT, SWIFT, EngineStage, tasks
from scripted.phone import LID, PN, ScriptedPhone
from scripted.waiting import until
from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.store.writes import DropPreKey
from wigwag.model.account import ConnectionState
from wigwag.model.content import Text
from wigwag.model.errors import LoggedOut, NotConnected, NotPaired
from wigwag.model.event import StateChanged
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.model.message import Outgoing
from wigwag.wire.client_payload import Login, Registration
from wigwag.wire.nodes import Node

S = ConnectionState
REPLACED = Node("stream:error", {}, [Node("conflict", {"type": "replaced"})])
REMOVED = Node("stream:error", {"code": "401"}, [Node("conflict", {"type": "device_removed"})])


async def test_a_restart_resumes_without_a_code(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        await stage.paired()
        await stage.engine.stop()
        assert stage.states[-1] == "stopped"
        assert stage.traffics[0].notes == ["start", "connected", "disconnected", "stop"]
        stage.engine = stage.make_engine()
        assert stage.engine.state.jid == PN.bare
        await stage.engine.start()
        client = await stage.reconnected()
        assert isinstance(client.visitor, Login)
        # 812 are uploaded already: no upload this time
        assert [node.kids[0].tag for node in client.log] == ["count", "active"]


async def test_a_lost_stream_is_dialled_at_once_and_told_once(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        told = len(stage.states)
        await client.drop()
        stage.server.refuse_with = 503
        await until(lambda: stage.server.dials >= 6)
        assert stage.states[told:] == ["reconnecting"]
        assert stage.engine.state.reason == "unreachable"
        stage.server.refuse_with = 0
        await stage.reconnected()
        assert stage.states[told:] == ["reconnecting", "connected"]
        await until(
            lambda: stage.traffics[0].notes.count("connected") == 2,
        )
        assert len(stage.traffics) == 1


@pytest.mark.parametrize("code", ["503", "500", "999", ""])
async def test_other_stream_errors_reconnect(tmp_path: Path, code: str) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.send(Node("stream:error", {"code": code}))
        await client.closed.wait()
        await stage.reconnected()


async def test_being_replaced_is_an_end(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.send(REPLACED)
        await stage.in_state(S.REPLACED)
        dials = stage.server.dials
        with pytest.raises(NotConnected):
            await stage.traffics[0].link.connection.send(Node("presence"))
        assert stage.store.find_device(ACCOUNT) is not None
        await stage.engine.start()
        await stage.reconnected()
        assert stage.server.dials == dials + 1


async def test_being_unlinked_forgets_the_identity_and_remembers_who_it_was(
    tmp_path: Path,
) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.send(REMOVED)
        await stage.in_state(S.LOGGED_OUT)
        assert stage.store.find_device(ACCOUNT) is None
        [former] = stage.store.list_former_devices(ACCOUNT)
        assert (former.jid, former.lid) == (PN, LID)
        assert stage.engine.state.jid == PN.bare
        assert "stop" not in stage.traffics[0].notes, "its inbox is still handed over"
        message = Outgoing(to=PN.bare, id="1", content=Text(text="x"), timestamp=datetime.now(UTC))
        with pytest.raises(LoggedOut):
            await stage.engine.send(message)

        # pairing anew is a new identity
        await stage.engine.start()
        phone = ScriptedPhone(await stage.server.client())
        assert isinstance(phone.client.visitor, Registration)
        assert stage.traffics[0].notes[-1] == "stop"
        await phone.offer()
        await phone.scan(await stage.qr(2))
        await phone.check_signature()
        await phone.restart()
        await stage.reconnected()
        assert (await stage.engine.send(message)).id == "1"
        assert len(stage.traffics) == 2


@pytest.mark.parametrize("reason", ["401", "403", "406"])
async def test_a_refused_login_logs_out(tmp_path: Path, reason: str) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.close()
        client = await stage.server.client()
        await client.send(Node("failure", {"reason": reason, "location": "frc"}))
        await stage.in_state(S.LOGGED_OUT)
        assert stage.engine.state.reason.startswith(reason)
        assert stage.store.find_device(ACCOUNT) is None


async def test_a_ban_and_an_old_version_keep_the_identity(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.close()
        client = await stage.server.client()
        await client.send(Node("failure", {"reason": "402", "code": "101", "expire": "3600"}))
        await stage.in_state(S.BANNED)
        ends = stage.engine.state.expires_at
        assert ends is not None
        assert abs(ends - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=30)

        await stage.engine.start()
        client = await stage.server.client()
        await client.send(Node("failure", {"reason": "405"}))
        await stage.in_state(S.OUTDATED)
        assert stage.engine.state.expires_at is None
        assert stage.store.find_device(ACCOUNT) is not None


@pytest.mark.parametrize("reason", ["500", "503", "409"])
async def test_a_passing_refusal_is_tried_again(tmp_path: Path, reason: str) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.close()
        client = await stage.server.client()
        await client.send(Node("failure", {"reason": reason}))
        await stage.reconnected()


async def test_a_login_that_never_comes_is_given_up(tmp_path: Path) -> None:
    options = EngineOptions(
        backoff=SWIFT.backoff, connect_limit_s=2.0, success_limit_s=0.1, login_limit_s=0.1
    )
    async with EngineStage(tmp_path) as stage:
        await stage.paired()
        await stage.engine.stop()
        stage.options = options
        stage.engine = stage.make_engine()
        await stage.engine.start()
        client = await stage.server.client()
        await client.closed.wait()
        client = await stage.server.client()
        await client.send(Node("success", {"t": "1700000000"}))
        await client.closed.wait()
        assert stage.engine.state.state is S.RECONNECTING
        await stage.reconnected()


async def test_the_servers_word_on_the_own_lid_counts(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await client.close()
        other = Jid("200000000000002", "lid", 7)
        client = await stage.server.client()
        await client.accept_login(lid=other)
        await stage.in_state(S.CONNECTED)
        assert stage.engine.state.lid == other.bare
        assert stage.traffics[0].link.lid == other.bare
        assert stage.store.find_lid_user(ACCOUNT, PN.user) == other.user
        device = stage.store.find_device(ACCOUNT)
        assert device is not None
        assert device.lid == other


async def test_prekeys_are_refilled_when_the_server_runs_low(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        await stage.store.commit([DropPreKey(ACCOUNT, number) for number in range(700, 813)])
        # as if the upload was not just now
        engine = stage.engine._life.identity  # pyright: ignore[reportPrivateUsage]
        assert engine is not None
        engine.logged_in._prekeys._uploaded_at = None  # pyright: ignore[reportPrivateUsage]
        attrs = {"type": "encrypt", "from": SERVER_JID, "id": "n1", "t": "1"}
        for left, number in (("5", "n0"), ("4", "n1")):
            count = Node("count", {"value": left})
            await client.send(Node("notification", {**attrs, "id": number}, [count]))
            ack = await client.expect("ack")
            assert ack.attrs == {
                "class": "notification",
                "id": number,
                "to": SERVER_JID,
                "type": "encrypt",
            }
        upload = await client.expect("iq", child="list")
        keys = upload.child("list")
        assert keys is not None
        ids = [int.from_bytes(key.kids[0].data, "big") for key in keys.kids]
        assert ids == list(range(813, 863)), "ids of used keys are not given again"
        await client.answer(upload)
        await until(lambda: stage.store.count_uploaded_prekeys(ACCOUNT) == 699 + 50)


async def test_an_unconfirmed_upload_is_repeated_with_the_same_keys(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        await phone.scan(await stage.qr())
        await phone.check_signature()
        await phone.restart()
        uploads: list[Node] = []
        for _ in range(2):
            client = await stage.server.client()
            await client.send(Node("success", {"t": "1700000000", "lid": LID}))
            await client.answer(await client.expect("iq"), [Node("count", {"value": "0"})])
            upload = (await client.expect("iq", child="list")).child("list")
            assert upload is not None
            uploads.append(upload)
            await client.close()
        assert uploads[0] == uploads[1]
        client = await stage.server.client()
        await client.accept_login(prekeys=0)
        await stage.in_state(S.CONNECTED)
        assert stage.store.count_uploaded_prekeys(ACCOUNT) == 812


async def test_identity_changes_of_others_go_to_the_traffic(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        got: list[Node] = []
        stage.traffics[0].link.connection.on_node(
            "notification", got.append, type="encrypt:identity"
        )
        attrs = {"type": "encrypt", "from": Jid("99", "lid"), "id": "n1"}
        await client.send(Node("notification", {**attrs}, [Node("identity")]))
        await until(lambda: got)


async def test_pings_of_the_server_are_answered(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        attrs = {"from": SERVER_JID, "id": "p", "type": "get"}
        await client.send(Node("iq", {**attrs, "xmlns": "w:unknown"}, [Node("what")]))
        await client.send(Node("iq", {**attrs, "xmlns": "urn:xmpp:ping"}))
        answer = await client.expect("iq")
        assert answer.attrs == {"to": SERVER_JID, "type": "result", "id": "p"}


async def test_logout_unlinks_and_forgets(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        with pytest.raises(NotPaired):
            await stage.engine.logout()
        client = await stage.paired()
        leaving = asyncio.ensure_future(stage.engine.logout())
        request = await client.expect("iq", child="remove-companion-device")
        assert request.kids[0].attrs == {"jid": PN, "reason": "user_initiated"}
        await client.answer(request)
        await leaving
        assert stage.engine.state.state is S.LOGGED_OUT
        assert stage.store.find_device(ACCOUNT) is None
        await client.closed.wait()
        assert stage.states[-1] == "logged_out"


async def test_logout_when_the_server_unlinks_before_it_answers(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        leaving = asyncio.ensure_future(stage.engine.logout())
        await client.expect("iq")
        await client.send(REMOVED)
        await leaving
        await stage.in_state(S.LOGGED_OUT)


async def test_a_refused_or_impossible_logout_forgets_nothing(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        leaving = asyncio.ensure_future(stage.engine.logout())
        request = await client.expect("iq")
        error = Node("error", {"code": "500", "text": "internal"})
        attrs = {"id": request.attr("id"), "type": "error"}
        await client.send(Node("iq", {**attrs}, [error]))
        with pytest.raises(RequestFailed):
            await leaving
        stage.server.refuse_with = 503
        await client.close()
        await until(lambda: stage.engine.state.state is S.RECONNECTING)
        with pytest.raises(NotConnected):
            await stage.engine.logout()
        assert stage.store.find_device(ACCOUNT) is not None


async def test_stopping_ends_every_task_in_every_state(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        idle = tasks()
        await stage.engine.stop()
        await stage.engine.start()
        await stage.engine.start()
        await stage.engine.stop()
        await stage.offered()
        await stage.engine.stop()
        await until(lambda: tasks() <= idle)
        await stage.paired()
        stage.server.refuse_with = 503
        for client in stage.server.connections:
            await client.close()
        await until(lambda: stage.engine.state.state is S.RECONNECTING)
        await stage.engine.stop()
        await until(lambda: tasks() <= idle)
        assert stage.states[-1] == "stopped"
        gc.collect()


async def test_a_connection_that_closes_slowly_does_not_come_back_after_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wigwag.engine.native.life.STOP_LIMIT_S", 0.05)
    async with EngineStage(tmp_path) as stage:
        idle = tasks()
        await stage.paired()
        close = Connection.close

        async def close_slowly(connection: Connection) -> None:
            await asyncio.sleep(0.3)
            await close(connection)

        monkeypatch.setattr(Connection, "close", close_slowly)
        dials = stage.server.dials
        await stage.engine.stop()
        await until(lambda: tasks() <= idle)
        assert stage.server.dials == dials
        assert stage.engine.state.state is S.STOPPED


async def test_a_state_is_told_only_when_it_changes(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        await stage.paired()
        events = stage.all(StateChanged)
        assert all(one.state.state is not two.state.state for one, two in pairwise(events))
        assert all(one.state.since <= two.state.since for one, two in pairwise(events))


async def test_a_start_that_meets_the_end_of_a_stream_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's refusal is known, but its stream is not closed yet."""
    close, closing, may_close = Connection.close, asyncio.Event(), asyncio.Event()

    async def close_slowly(connection: Connection) -> None:
        closing.set()
        await may_close.wait()
        await close(connection)

    async with EngineStage(tmp_path) as stage:
        phone = await stage.offered()
        await stage.qr()
        monkeypatch.setattr(Connection, "close", close_slowly)
        await phone.client.send(Node("failure", {"reason": "401"}))
        await closing.wait()
        await stage.engine.pair()
        asking = asyncio.ensure_future(stage.engine.pair_code(PN.user))
        may_close.set()
        again = ScriptedPhone(await stage.server.client())
        await again.offer()
        await again.answer_code_request()
        assert len(await asking) == 9
        await stage.qr(2)
        assert stage.states[-3:] == ["starting", "connecting", "pairing"]


async def test_who_waits_for_a_code_learns_at_once_that_there_is_none(tmp_path: Path) -> None:
    async with EngineStage(tmp_path) as stage:
        asking = asyncio.ensure_future(stage.engine.pair_code(PN.user))
        client = await stage.server.client()
        await client.send(Node("failure", {"reason": "405"}))
        with pytest.raises(NotConnected):
            await asking
        assert stage.engine.state.state is S.OUTDATED


async def test_what_connected_a_stopped_account_is_freed_at_once(tmp_path: Path) -> None:
    """Not even until the collector of cycles comes by, which may be hours."""
    async with EngineStage(tmp_path) as stage:
        client = await stage.paired()
        identity = stage.engine._life.identity  # pyright: ignore[reportPrivateUsage]
        assert identity is not None
        parts = [weakref.ref(part) for part in (identity, identity.link, identity.logged_in)]
        del identity
        stage.traffics.clear()
        gc.collect()
        gc.disable()
        try:
            await stage.engine.stop()
            await client.closed.wait()
            await until(lambda: not any(part() for part in parts))
        finally:
            gc.enable()
