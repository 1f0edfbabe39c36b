"""The tables of store/messages.db.

`chats` and `messages` begin with the classic columns, in the classic order, types and formats, so
that other programs go on reading them with plain SQL. Everything after `account` is ours.

They are declared here for whoever wants to know them; migrations make them, and a test compares the
two. Nothing of a running server imports this.
"""

from wigwag.archive.schema.base import metadata
from wigwag.archive.schema.chats import (
    chat_clearings,
    chats,
    history_requests,
    history_syncs,
    label_assignments,
    labels,
    newsletter_posts,
    newsletters,
    quick_replies,
    settings,
)
from wigwag.archive.schema.feed import (
    api_keys,
    deliveries,
    events,
    idempotency,
    meta,
    outbox,
    rejected,
    removals,
    scheduled,
    seen,
    webhooks,
)
from wigwag.archive.schema.messages import (
    CREATE_SEARCH,
    SEARCH_TABLE,
    changes,
    messages,
    reactions,
    receipts,
    votes,
)
from wigwag.archive.schema.people import (
    accounts,
    aliases,
    contacts,
    groups,
    identities,
    numbers,
    participants,
)

__all__ = [
    "CREATE_SEARCH",
    "SEARCH_TABLE",
    "accounts",
    "aliases",
    "api_keys",
    "changes",
    "chat_clearings",
    "chats",
    "contacts",
    "deliveries",
    "events",
    "groups",
    "history_requests",
    "history_syncs",
    "idempotency",
    "identities",
    "label_assignments",
    "labels",
    "messages",
    "meta",
    "metadata",
    "newsletter_posts",
    "newsletters",
    "numbers",
    "outbox",
    "participants",
    "quick_replies",
    "reactions",
    "receipts",
    "rejected",
    "removals",
    "scheduled",
    "seen",
    "settings",
    "votes",
    "webhooks",
]
