"""The way from a child to its server: facts in order within a window, words between them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from wigwag.engine.whatsmeow.child.spool import Spool
from wigwag.engine.whatsmeow.child.teller import WINDOW, Teller
from wigwag.engine.whatsmeow.facts import GapFact, LostFact, MeSign, QrSign
from wigwag.engine.whatsmeow.frames import (
    HEAD,
    Echo,
    FromChild,
    Said,
    Told,
    body_length,
    decode_from_child,
    encode_fact,
)

ME = MeSign(jid="1@s.whatsapp.net", lid="2@lid", push_name="")


class Server:
    """The other end."""

    def __init__(self, folder: Path) -> None:
        self.channel, self.theirs = socket.socketpair()
        self.channel.settimeout(10)
        self.spool = Spool(folder)
        self.teller = Teller(self.theirs, self.spool)

    def receive(self) -> FromChild:
        head = self.channel.recv(HEAD.size, socket.MSG_WAITALL)
        return decode_from_child(self.channel.recv(body_length(head), socket.MSG_WAITALL))

    def identify(self) -> None:
        self.teller.identify(ME)
        assert self.receive() == Said(sign=ME)

    def facts(self, count: int) -> list[Told]:
        found = [self.receive() for _ in range(count)]
        return [frame for frame in found if isinstance(frame, Told)]

    def ack(self, seq: int) -> None:
        self.spool.ack(seq)
        self.teller.acknowledged(seq)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.channel.close()
    made.theirs.close()
    made.spool.close()


def test_facts_come_in_a_window_that_moves_with_acknowledgements(server: Server) -> None:
    for since_s in range(WINDOW + 10):
        server.spool.append(encode_fact(GapFact(since_s=since_s)))
    server.teller.start()
    server.identify()
    told = server.facts(WINDOW)
    assert [frame.fact for frame in told] == [GapFact(since_s=at) for at in range(WINDOW)]
    server.teller.answer(Echo(number=1))
    assert server.receive() == Echo(number=1)
    assert not server.teller.flush(0.05)
    server.ack(told[9].seq)
    rest = server.facts(10)
    assert [frame.fact for frame in rest] == [
        GapFact(since_s=at) for at in range(WINDOW, WINDOW + 10)
    ]
    server.ack(rest[-1].seq)
    assert server.teller.flush(10)


def test_what_is_appended_later_is_told_and_signs_too(server: Server) -> None:
    server.teller.start()
    server.teller.say(QrSign(code="a", sequence=1))
    assert server.receive() == Said(sign=QrSign(code="a", sequence=1))
    server.identify()
    seq = server.spool.append(encode_fact(GapFact(since_s=1)))
    server.teller.spooled()
    assert server.receive() == Told(seq=seq, fact=GapFact(since_s=1))


def test_a_fact_that_cannot_be_read_is_told_as_lost(server: Server) -> None:
    seq = server.spool.append(b"of another version")
    server.teller.start()
    server.identify()
    assert server.receive() == Told(seq=seq, fact=LostFact(code=-1))


def test_a_server_that_is_gone_ends_the_telling(server: Server) -> None:
    server.channel.close()
    server.teller.start()
    server.teller.answer(Echo(number=1))
    assert server.teller.flush(10)


def test_no_fact_is_told_before_it_is_known_whose_it_is(server: Server) -> None:
    seq = server.spool.append(encode_fact(GapFact(since_s=1)))
    server.teller.start()
    server.teller.answer(Echo(number=1))
    assert server.receive() == Echo(number=1)
    assert server.teller.flush(10)
    server.identify()
    assert server.receive() == Told(seq=seq, fact=GapFact(since_s=1))
