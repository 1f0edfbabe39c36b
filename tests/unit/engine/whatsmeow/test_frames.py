"""Frames between the server and a child: whatever is written is read again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.facts import MessageFact, QrSign, ReceiptFact, Source
from wigwag.engine.whatsmeow.frames import (
    FRAME_LIMIT,
    HEAD,
    Ack,
    Answer,
    FrameError,
    FromChild,
    Over,
    Refusal,
    Request,
    Said,
    Start,
    ToChild,
    Told,
    Trouble,
    body_length,
    decode_fact,
    decode_from_child,
    decode_to_child,
    encode_fact,
    encode_frame,
    encode_value,
)

texts = st.text(max_size=40)
numbers = st.integers(0, 2**62)
sources = st.builds(
    Source,
    chat=texts,
    sender=texts,
    from_me=st.booleans(),
    is_group=st.booleans(),
    sender_alt=texts,
)
facts = st.one_of(
    st.builds(
        MessageFact,
        source=sources,
        id=texts,
        server_id=numbers,
        timestamp_s=numbers,
        push_name=texts,
        content=st.binary(max_size=200),
        view_once=st.booleans(),
    ),
    st.builds(
        ReceiptFact,
        source=sources,
        ids=st.lists(texts, max_size=4).map(tuple),
        timestamp_s=numbers,
        kind=texts,
    ),
)
to_child = st.one_of(
    st.builds(
        Start,
        folder=texts,
        device_os=texts,
        full_history=st.booleans(),
        proxy=texts,
        noise_root=st.binary(max_size=32),
    ),
    st.builds(Ack, seq=numbers),
    st.builds(
        Request,
        number=numbers,
        ask=st.one_of(
            st.builds(asks.SendMessage, id=texts, to=texts, content=st.binary(max_size=99)),
            st.builds(asks.CheckNumbers, phones=st.lists(texts, max_size=4).map(tuple)),
            st.builds(asks.LogOut),
        ),
    ),
)
from_child = st.one_of(
    st.builds(Told, seq=numbers, fact=facts),
    st.builds(Said, sign=st.builds(QrSign, code=texts, sequence=numbers)),
    st.builds(Refusal, number=numbers, trouble=st.sampled_from(Trouble), server_code=numbers),
    st.builds(Over, why=texts),
)


def body_of(frame: bytes) -> bytes:
    assert body_length(frame[: HEAD.size]) == len(frame) - HEAD.size
    return frame[HEAD.size :]


@given(to_child)
def test_what_the_server_says_is_read(value: ToChild) -> None:
    assert decode_to_child(body_of(encode_frame(value))) == value


@given(from_child)
def test_what_a_child_says_is_read(value: FromChild) -> None:
    assert decode_from_child(body_of(encode_frame(value))) == value


@given(facts)
def test_a_fact_comes_out_of_the_spool_as_it_went_in(fact: MessageFact) -> None:
    assert decode_fact(encode_fact(fact)) == fact


def test_an_answer_carries_what_the_ask_says() -> None:
    answer = Answer(
        number=1, value=msgspec.Raw(encode_value(asks.SentAnswer(id="A", timestamp_s=2)))
    )
    read = decode_from_child(body_of(encode_frame(answer)))
    assert isinstance(read, Answer)
    assert msgspec.msgpack.decode(read.value, type=asks.SentAnswer).id == "A"


@given(st.binary(max_size=60))
def test_nonsense_is_refused(body: bytes) -> None:
    for decode in (decode_to_child, decode_from_child, decode_fact):
        try:
            decode(body)
        except FrameError:
            continue


def test_a_frame_has_a_limit() -> None:
    with pytest.raises(FrameError):
        body_length(HEAD.pack(FRAME_LIMIT + 1))
    huge = Told(
        seq=1,
        fact=MessageFact(
            source=Source(chat="a", sender="b"),
            id="",
            server_id=0,
            timestamp_s=0,
            push_name="",
            content=bytes(FRAME_LIMIT),
        ),
    )
    with pytest.raises(FrameError):
        encode_frame(huge)
