"""No column that names a person or a chat is forgotten when an address moves."""

import re

from wigwag.archive.limits import LIMITED
from wigwag.archive.merging import MESSAGE_KEYS, REFERENCES
from wigwag.archive.schema import metadata

ITSELF = {
    # the rows of the two addresses are put together, or record the addresses as such
    "accounts.jid",
    "accounts.lid",
    "aliases.jid",
    "aliases.now",
    "chats.jid",
    "contacts.jid",
    "groups.jid",
    "groups.parent_jid",
    "identities.lid",
    "identities.pn",
    "newsletter_posts.newsletter_jid",
    "newsletters.jid",
    "numbers.jid",
    "participants.group_jid",
    # what was told of a LID stays as it was; of a number it moves, when that may be another's
    "events.chat_jid",
    # how a message was addressed; whom it is for, its chat says
    "outbox.to_jid",
    "scheduled.to_jid",
}
NAMES_SOMEBODY = re.compile(
    r"jid|sender|person|owner|author|participant|user|_by$|^(lid|pn|now|chats)$"
)


def test_every_address_in_the_schema_is_moved_or_excepted() -> None:
    moved = {f"messages.{column}" for column in MESSAGE_KEYS}
    moved |= {f"{table}.{column}" for table, columns in REFERENCES for column in columns}
    moved |= {f"{table}.chats" for table in LIMITED}
    addresses = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if NAMES_SOMEBODY.search(column.name)
    }
    assert addresses - moved == ITSELF
    assert moved <= addresses
