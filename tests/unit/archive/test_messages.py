"""Message rows are written whole, whatever is left out of the statement."""

from typing import Any

import pytest

from stored.desk import Desk
from wigwag.model.record import MessageRecord, RowKind
from wigwag.ports import ArchiveTx

BARE = MessageRecord(
    id="M1",
    chat_jid="491700000001@s.whatsapp.net",
    sender="491700000001@s.whatsapp.net",
    content="hello",
    timestamp="2026-11-26 12:00:00+00:00",
    is_from_me=False,
    media_type=None,
    filename=None,
    url=None,
    media_key=None,
    file_sha256=None,
    file_enc_sha256=None,
    file_length=None,
    account="default",
    timestamp_ms=1_795_000_000_000,
    kind=RowKind.TEXT,
    state=None,
    push_name="Ann",
    document_name=None,
    mime=None,
    media_state=None,
    media_path=None,
    view_once=False,
    ephemeral_s=0,
    forwarded=False,
    from_history=False,
    body=None,
    thumbnail=None,
)
OTHER_VALUES: dict[str, Any] = {
    "is_from_me": True,
    "media_type": "image",
    "filename": "a.jpg",
    "url": "https://mmg.whatsapp.net/a",
    "media_key": b"key",
    "file_sha256": b"plain",
    "file_enc_sha256": b"sealed",
    "file_length": 0,
    "kind": RowKind.UNDECRYPTABLE,
    "state": "sent",
    "push_name": "",
    "document_name": "a.pdf",
    "mime": "",
    "media_state": "pending",
    "media_path": "a",
    "view_once": True,
    "ephemeral_s": 60,
    "forwarded": True,
    "from_history": True,
    "body": b"",
    "thumbnail": b"jpeg",
}


@pytest.mark.parametrize("changed", [(), *((name,) for name in OTHER_VALUES), OTHER_VALUES])
async def test_every_column_is_stored(desk: Desk, changed: tuple[str, ...]) -> None:
    record = BARE._replace(**{name: OTHER_VALUES[name] for name in changed})

    def unit(tx: ArchiveTx) -> None:
        tx.messages.add(record)

    await desk.archive.write(unit)
    names = ", ".join(MessageRecord._fields)
    stored = desk.rows(f"SELECT {names} FROM messages")
    assert [tuple(row) for row in stored] == [tuple(record)]
