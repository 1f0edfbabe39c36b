"""History: at linking, on demand, message by message, and generated of any size."""

from datetime import timedelta

import pytest

from scripted.neighbours import Companion, Neighbourhood
from wigwag.model.content import Edit, Media, MessageKey, Reaction, Revoke, Text
from wigwag.model.message import Message
from wigwag.sandbox.residents.chronicle import messages_of
from wigwag.sandbox.residents.phone_history import BOOTSTRAP_MESSAGES, CHUNK_MESSAGES
from wigwag.wire.history import HistoryChunk
from wigwag.wire.media import decrypt_bytes
from wigwag.wire.protocol_messages import (
    HistoryNotification,
    HistoryRequest,
    PlaceholderRequest,
    PlaceholderResponse,
    encode_protocol,
)
from wigwag.wire.web_message import decode_web_message


def all_messages(chunks: list[HistoryChunk]) -> dict[str, Message]:
    return {message.key.id: message for chunk in chunks for message in chunk.messages}


def test_a_new_companion_gets_everything_once(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    hidden = hood.person("Hidden", lid_only=True)
    hood.group("All", owner, bob, hidden)
    made = owner.history.generate(5, 203, seed=3)
    companion = hood.companion(owner)
    chunks = companion.history()
    assert [chunk.sync_type for chunk in chunks] == ["initial_bootstrap", "push_name", "recent"]
    assert [chunk.chunk for chunk in chunks] == [1, 2, 3]
    assert chunks[-1].progress == 100
    found = all_messages(chunks)
    sent = {message.key.id: message for chat in made for message in messages_of(chat)}
    assert found.keys() == sent.keys()
    assert sum(len(chunk.messages) for chunk in chunks) == 203
    for message_id, message in sent.items():
        assert found[message_id].content == message.content
        assert found[message_id].timestamp == message.timestamp.replace(microsecond=0)
        assert found[message_id].key.from_me == message.key.from_me
    names = {contact.jid: contact.push_name for contact in chunks[1].contacts}
    assert names == {bob.pn: "Bob", hidden.lid: "Hidden"}
    links = {link.lid: link.pn for link in chunks[0].links}
    assert (links[bob.lid], links[owner.lid]) == (bob.pn, owner.pn)
    assert hidden.lid not in links


def test_the_first_chunk_has_the_newest_of_each_chat(hood: Neighbourhood) -> None:
    owner = hood.phone()
    (chat,) = owner.history.generate(1, 50)
    first = hood.companion(owner).history()[0]
    newest = [message.key.id for message in messages_of(chat)[-BOOTSTRAP_MESSAGES:]]
    assert [message.key.id for message in first.messages] == newest[::-1]
    assert first.chats[0].jid == chat.summary.jid
    assert first.chats[0].name == chat.summary.name


def test_without_a_past_there_is_no_history(hood: Neighbourhood) -> None:
    owner = hood.phone()
    companion = hood.companion(owner)
    assert companion.history() == []


def test_a_large_history_comes_in_chunks(hood: Neighbourhood) -> None:
    owner = hood.phone()
    owner.history.generate(7, 2 * CHUNK_MESSAGES + 500)
    chunks = hood.companion(owner).history()
    assert [len(chunk.messages) for chunk in chunks if chunk.sync_type == "recent"] == [
        CHUNK_MESSAGES,
        CHUNK_MESSAGES,
        500 - 7 * BOOTSTRAP_MESSAGES,
    ]
    assert len(all_messages(chunks)) == 2 * CHUNK_MESSAGES + 500
    progress = [chunk.progress for chunk in chunks]
    assert progress == sorted(progress)


def test_media_of_the_past_can_be_downloaded(hood: Neighbourhood) -> None:
    owner = hood.phone()
    owner.history.generate(2, 40, media=True)
    found = all_messages(hood.companion(owner).history())
    files = [one.content for one in found.values() if isinstance(one.content, Media)]
    assert len(files) == 8
    for media in files:
        assert media.ref is not None
        data = decrypt_bytes(hood.host.load(media.ref.direct_path), media.kind, media.ref)
        assert len(data) == media.ref.size_bytes


def test_the_present_becomes_history(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    bob.send_text(owner.phone, "from Bob")
    owner.send_text(bob.phone, "typed on the phone")
    more = bob.send_text(owner.phone, "more")
    owner.react(more, "+")
    bob.edit(bob.send_text(owner.phone, "frist"), "first")
    bob.revoke(bob.send_text(owner.phone, "never said"))
    chunks = hood.companion(owner).history()
    found = [one for chunk in chunks for one in chunk.messages]
    contents = [(one.key.chat, one.key.from_me, one.content) for one in found]
    for text in ("from Bob", "more", "first"):
        assert (bob.pn, False, Text(text=text)) in contents
    assert (bob.pn, True, Text(text="typed on the phone")) in contents
    reactions = [one.content for one in found if isinstance(one.content, Reaction)]
    assert [(one.target.id, one.emoji) for one in reactions] == [(more, "+")]
    assert [type(one.content) for one in found].count(Edit) == 1
    assert [type(one.content) for one in found].count(Revoke) == 1
    assert len(found) == 7


def test_chats_can_be_told_later(hood: Neighbourhood) -> None:
    owner = hood.phone()
    companion = hood.companion(owner)
    made = owner.history.generate(2, 30, seed=9)
    owner.history.send_chats(companion.device.lid, made)
    assert len(all_messages(companion.history())) == 30


def ask(companion: Companion, oldest: Message, count: int) -> str:
    request = HistoryRequest(oldest=oldest.key, oldest_at=oldest.timestamp, count=count)
    return companion.device.send_peer(companion.device.lid.bare, encode_protocol(request))


def test_older_messages_on_demand(hood: Neighbourhood) -> None:
    owner = hood.phone()
    (chat,) = owner.history.generate(1, 60)
    known = messages_of(chat)
    companion = hood.companion(owner)
    companion.device.parts.clear()
    request_id = ask(companion, known[30], 10)
    (chunk,) = companion.history()
    (notification,) = companion.device.parts
    assert isinstance(notification, HistoryNotification)
    assert notification.request_id == request_id
    assert chunk.sync_type == "on_demand"
    assert [one.key.id for one in chunk.messages] == [one.key.id for one in known[20:30]][::-1]


@pytest.mark.parametrize("by", ["unknown id", "another chat"])
def test_on_demand_by_time_or_with_nothing_there(hood: Neighbourhood, by: str) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    (chat,) = owner.history.generate(1, 20)
    known = messages_of(chat)
    companion = hood.companion(owner)
    companion.device.parts.clear()
    target = chat.summary.jid if by == "unknown id" else hood.person("Cem").pn
    key = MessageKey(chat=target, sender=bob.pn, id="UNKNOWN")
    oldest = Message(
        key=key, timestamp=known[10].timestamp - timedelta(seconds=1), content=Text(text="")
    )
    ask(companion, oldest, 5)
    (chunk,) = companion.history()
    expected = [one.key.id for one in known[5:10]][::-1] if by == "unknown id" else []
    assert [one.key.id for one in chunk.messages] == expected


def test_single_messages_again(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    sent = bob.send_text(owner.phone, "once more")
    companion = hood.companion(owner)
    companion.device.parts.clear()
    key = MessageKey(chat=bob.lid, sender=bob.lid, id=sent)
    unknown = MessageKey(chat=bob.lid, sender=bob.lid, id="UNKNOWN")
    request = encode_protocol(PlaceholderRequest(keys=(key, unknown)))
    request_id = companion.device.send_peer(owner.lid, request)
    (answer,) = companion.device.parts
    assert isinstance(answer, PlaceholderResponse)
    assert answer.request_id == request_id
    (raw,) = answer.messages
    message = decode_web_message(raw, owner.pn, owner.lid)
    assert message is not None
    assert (message.key.id, message.content) == (sent, Text(text="once more"))


def test_the_same_seed_is_the_same_past(hood: Neighbourhood) -> None:
    owner = hood.phone()
    first = owner.history.generate(3, 30, seed=4)
    second = owner.history.generate(3, 30, seed=4)
    assert [messages_of(chat) for chat in first] == [messages_of(chat) for chat in second]


def test_saving_keeps_the_past(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    owner.history.generate(2, 10, media=True)
    bob.send_text(owner.phone, "live")
    saved = owner.history.export()
    other = hood.phone()
    other.history.restore(saved)
    assert other.history.export() == saved


def test_what_came_under_a_hidden_address_is_found_by_the_number_later(
    hood: Neighbourhood,
) -> None:
    owner, eve = hood.phone(), hood.person("Eve")
    account = hood.network.directory.get(eve.lid)
    account.mapping_withheld = True
    eve.send_text(owner.lid, "who am I?")
    account.mapping_withheld = False
    eve.send_text(owner.lid, "it is me")
    for address in (eve.lid, eve.pn):
        found = [message.content for message in owner.history.messages(address)]
        assert found == [Text(text="who am I?"), Text(text="it is me")]
