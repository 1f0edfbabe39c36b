"""Chunks of history: sound ones with hostile parts, and bytes that are none."""

import zlib

from fuzz.contents import keep
from fuzz.mutation import mutate_protobuf
from fuzz.samples import OWN, OWN_LID, history
from fuzz.target import Target
from wigwag.engine.native.store.records import decode_event, encode_event
from wigwag.model.event import HistoryReceived
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import HistoryReader, decode_history

_LIMIT = 1 << 18


def read_inflated(data: bytes) -> None:
    """Read whole or in batches it is the same, and all of it can be kept."""
    blob = zlib.compress(data, 1)
    chunk = decode_history(blob, OWN, OWN_LID)
    reader = HistoryReader(blob, OWN, OWN_LID)
    batches = list(reader.batches(2))
    assert sum(len(batch.messages) for batch in batches) == len(chunk.messages)
    assert reader.malformed == chunk.malformed
    for message in chunk.messages:
        keep(message)
    event = HistoryReceived(
        sync_type=chunk.sync_type,
        progress=chunk.progress,
        chunk=chunk.chunk,
        chats=chunk.chats,
        contacts=chunk.contacts,
        receipts=chunk.receipts,
    )
    assert decode_event(encode_event(event)) == event


def read_blob(data: bytes) -> None:
    """Never more than the limit comes out of it."""
    decode_history(data, OWN, OWN_LID, limit_bytes=_LIMIT)


def blobs() -> list[bytes]:
    bomb = zlib.compress(bytes(1 << 20))
    return [history(), bomb, zlib.compress(b"\x12\xff\xff\xff\xff\x0f")]


TARGETS = (
    Target(
        "chunk",
        read_inflated,
        lambda: [zlib.decompress(history())],
        (MalformedProtobuf,),
        mutate_protobuf,
        share=2,
    ),
    Target("blob", read_blob, blobs, (MalformedProtobuf,)),
)
