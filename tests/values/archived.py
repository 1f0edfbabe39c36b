"""Messages and files as the archive tells them."""

from stored.makers import ANN, at
from wigwag.model.archived import ArchivedMedia, ArchivedMessage, Person
from wigwag.model.content import MediaKind, Text
from wigwag.model.record import MediaState, RowKind

HELLO = ArchivedMessage(
    account="default",
    id="A1",
    chat_jid=str(ANN),
    chat_name="Ann",
    sender=Person(jid=str(ANN), name="Ann"),
    from_me=False,
    kind=RowKind.TEXT,
    text="hello",
    timestamp=at(0),
    content=Text(text="hello"),
)
FILE = ArchivedMedia(
    kind=MediaKind.DOCUMENT,
    state=MediaState.AVAILABLE,
    mime="application/pdf",
    size_bytes=1,
    sha256=b"s" * 32,
    filename="report.pdf",
)
