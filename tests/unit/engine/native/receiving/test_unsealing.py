"""What is sealed with the secret of another message: opened where that is known, else counted."""

import os
import zlib
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, TrafficStage
from scripted.waiting import until
from scripted.words import GROUP, announce, contents, group_message
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.secrets import MAX_KEPT, Secrets
from wigwag.engine.native.receiving.unsealing import is_bot
from wigwag.model.content import Edit, MessageKey, Reaction, Text
from wigwag.model.event import HistoryReceived, MessageReceived, MessageUndecryptable
from wigwag.model.jid import Jid
from wigwag.wire.content import device_sent, encode_content, with_sender_key
from wigwag.wire.content_sealed import seal_reaction
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto import e2e_pb2, history_pb2
from wigwag.wire.protocol_messages import HistoryNotification, encode_protocol
from wigwag.wire.sealing import Seal, Use, bot_secret, seal
from wigwag.wire.web_message import MessageSecret

BOT = Jid("867051314767696", "bot")
SECRET = bytes(range(32))


async def told(stage: TrafficStage, peer: SignalPeer, message_id: str, raw: bytes) -> None:
    """`peer` says `raw` in the group, with her key."""
    raw = with_sender_key(raw, str(GROUP), peer.distribution(GROUP))
    stage.deliver(group_message(peer, message_id, peer.seal(OWN_LID, raw)))


def reaction_to(author: Jid, message_id: str) -> Reaction:
    return Reaction(target=MessageKey(chat=GROUP, sender=author, id=message_id), emoji="👍")


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_sealed_reaction_to_an_announcement(tmp_path: Path, restarted: bool) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann, ben = stage.person(2), stage.person(3)
        announce(stage, ann.jid.bare, ben.jid.bare)
        await stage.traffic.on_connected()
        stage.meet(ann)
        stage.meet(ben)
        news = encode_content(Text(text="news"), secret=SECRET)
        await told(stage, ann, "A1", news)
        await until(lambda: "A1" in contents(stage))
        if restarted:
            await stage.restart()
        reaction = reaction_to(ann.jid.bare, "A1")
        await told(stage, ben, "R1", seal_reaction(reaction, SECRET, ben.jid.bare, os.urandom))
        await until(lambda: contents(stage).get("R1") == reaction)


async def test_a_reaction_sealed_with_an_unknown_secret_is_counted(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        ben = stage.person(3)
        stage.meet(ben)
        sealed = seal_reaction(reaction_to(OWN_LID.bare, "A1"), SECRET, ben.jid.bare, os.urandom)
        await told(stage, ben, "R1", sealed)
        await stage.until_sent("receipt")
        assert stage.traffic.receiver.ledger.drops == {"sealed": 1}
        assert not contents(stage)


async def test_a_sealed_comment_on_an_announcement_is_a_reply(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann, ben = stage.person(2), stage.person(3)
        announce(stage, ann.jid.bare, ben.jid.bare)
        await stage.traffic.on_connected()
        stage.meet(ann)
        stage.meet(ben)
        await told(stage, ann, "A1", encode_content(Text(text="news"), secret=SECRET))
        of_news = Seal(message_id="A1", author=ann.jid.bare, secret=SECRET)
        message = e2e_pb2.Message()
        part = message.encCommentMessage
        part.targetMessageKey.ID, part.targetMessageKey.participant = "A1", str(ann.jid.bare)
        part.encPayload, part.encIV = seal(
            of_news, Use.COMMENT, ben.jid.bare, encode_content(Text(text="when?")), os.urandom
        )
        await told(stage, ben, "C1", message.SerializeToString())
        await until(lambda: "C1" in contents(stage))
        comment = contents(stage)["C1"]
        assert isinstance(comment, Text)
        assert comment.context.quoted is not None
        assert (comment.text, comment.context.quoted.id) == ("when?", "A1")


async def test_secrets_of_other_groups_are_not_kept(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann = stage.person(2)
        stage.meet(ann)
        await told(stage, ann, "A1", encode_content(Text(text="hi"), secret=SECRET))
        await until(lambda: "A1" in contents(stage))
        assert not Secrets(stage.link, lambda _group: True).find(str(GROUP), GROUP, "A1")


async def test_the_newest_secrets_of_a_place_are_kept(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        secrets = Secrets(stage.link, lambda _group: True)
        batch = Batch(ACCOUNT, stage.store)
        for number in range(MAX_KEPT + 1):
            key = MessageKey(chat=GROUP, sender=OWN_LID.bare, id=f"A{number}")
            secrets.learn(key, SECRET, batch, asks_bot=False)
        await stage.store.commit(batch.writes())
        for known in (secrets, Secrets(stage.link, lambda _group: True)):
            assert not known.find(str(GROUP), GROUP, "A0")
            assert known.find(str(GROUP), GROUP, f"A{MAX_KEPT}")


async def test_what_history_tells_gives_way_to_what_is_newer(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        secrets = Secrets(stage.link, lambda group: group == GROUP)
        batch = Batch(ACCOUNT, stage.store)
        live = MessageKey(chat=GROUP, sender=OWN_LID.bare, id="LIVE")
        secrets.learn(live, SECRET, batch, asks_bot=False)
        keys = [
            MessageKey(chat=chat, sender=OWN_LID.bare, id=f"A{number}")
            for chat in (GROUP, Jid("120363000002", "g.us"))
            for number in range(MAX_KEPT)
        ]
        secrets.learn_older([MessageSecret(key=key, secret=SECRET) for key in keys], batch)
        await stage.store.commit(batch.writes())
        known = Secrets(stage.link, lambda _group: True)
        for message_id, is_kept in (("LIVE", True), ("A0", True), (f"A{MAX_KEPT - 1}", False)):
            assert bool(known.find(str(GROUP), GROUP, message_id)) is is_kept
        assert not known.find("120363000002@g.us", GROUP, "A0")


async def test_a_sealed_reaction_to_an_announcement_out_of_history(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann, ben = stage.person(2), stage.person(3)
        announce(stage, ann.jid.bare, ben.jid.bare)
        await stage.traffic.on_connected()
        stage.meet(stage.phone)
        stage.meet(ben)
        history = history_pb2.HistorySync()
        web = history.conversations.add(ID=str(GROUP)).messages.add().message
        web.key.ID, web.participant, web.messageSecret = "A1", str(ann.jid.bare), SECRET
        web.message.conversation = "news"
        inline = zlib.compress(history.SerializeToString())
        part = HistoryNotification(sync_type="recent", inline=inline)
        stage.deliver(stage.message(stage.phone, encode_protocol(part), "H1"))
        await stage.until_told(HistoryReceived)
        reaction = reaction_to(ann.jid.bare, "A1")
        await told(stage, ben, "R1", seal_reaction(reaction, SECRET, ben.jid.bare, os.urandom))
        await until(lambda: contents(stage).get("R1") == reaction)


# -- bots -----------------------------------------------------------------------------------


def asked(stage: TrafficStage, message_id: str = "Q1") -> Node:
    """The phone asks the bot."""
    raw = device_sent(BOT, encode_content(Text(text="capital of France?"), secret=SECRET))
    node = stage.message(stage.phone, raw, message_id)
    node.attrs["recipient"] = BOT
    return node


def answer(message_id: str, words: str, edit: str, answer_to: str = "A1") -> Node:
    """A part of the bot's answer `answer_to` to Q1."""
    of_answer = Seal(message_id=answer_to, author=OWN_LID.bare, secret=bot_secret(SECRET))
    plain = encode_content(Text(text=words))
    payload, iv = seal(of_answer, Use.BOT_ANSWER, BOT, plain, os.urandom)
    sealed = e2e_pb2.MessageSecretMessage(version=1, encIV=iv, encPayload=payload)
    marks: dict[str, AttrValue] = {"edit": edit}
    if edit != "first":
        marks["edit_target_id"] = answer_to
    bot = Node("bot", marks)
    enc = Node("enc", {"v": "2", "type": "msmsg"}, sealed.SerializeToString())
    attrs: dict[str, AttrValue] = {"from": BOT, "id": message_id, "t": "1700000000", "type": "text"}
    return Node("message", attrs, [Node("meta", {"target_id": "Q1"}), bot, enc])


async def test_the_answer_of_a_bot_is_one_message_and_its_edits(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.meet(stage.phone)
        stage.deliver(asked(stage), answer("A1", "The", "first"))
        stage.deliver(answer("A2", "The capital", "inner"))
        stage.deliver(answer("A3", "The capital is Paris.", "last"))
        await until(lambda: "A3" in contents(stage))
        first = MessageKey(chat=BOT, sender=BOT, id="A1")
        said = contents(stage)
        assert said["A1"] == Text(text="The")
        assert said["A3"] == Edit(target=first, content=Text(text="The capital is Paris."))
        assert not stage.told(MessageUndecryptable)
        assert not stage.all_sent("ack")
        assert not [n for n in stage.all_sent("message") if n.attr("category") == "peer"]


async def test_a_part_of_an_answer_that_comes_again_is_no_news(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.meet(stage.phone)
        stage.deliver(asked(stage), answer("A1", "The", "first"))
        await until(lambda: "A1" in contents(stage))
        stage.deliver(answer("A1", "The", "first"))
        await stage.until_sent("receipt", 3)
        assert stage.traffic.receiver.ledger.drops == {"duplicate": 1}
        assert len([e for e in stage.told(MessageReceived) if e.message.key.id == "A1"]) == 1


async def test_an_answer_to_an_unknown_question_is_refused_and_asked_of_the_phone(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(answer("A1", "The", "first"))
        (event,) = await stage.until_told(MessageUndecryptable)
        assert event.key.id == "A1"
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == "495"
        await stage.until_sent("message")


@pytest.mark.parametrize(
    ("jid", "is_one"),
    [
        (BOT, True),
        (Jid("13135550002", "s.whatsapp.net"), True),
        (Jid("131355500021", "s.whatsapp.net"), False),
        (Jid("13135550002", "lid"), False),
    ],
)
def test_who_is_a_bot(jid: Jid, is_one: bool) -> None:
    assert is_bot(jid) is is_one
