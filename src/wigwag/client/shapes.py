# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered, as the OpenAPI document says."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class About(TypedDict):
    """`about` is null where there is none, or it is not shown to this account."""

    jid: str
    about: str | None


class Account(TypedDict):
    """An account. `phone` is null until it is linked; `expires_at` is the end of a ban.
    `next_attempt` is when it connects by itself again; `awaited` are stanzas that
    WhatsApp has not answered yet.
    """

    account: str
    state: ConnectionState
    since: str
    reason: str | None
    jid: str | None
    lid: str | None
    phone: str | None
    push_name: str | None
    last_frame_in: str | None
    last_frame_out: str | None
    expires_at: str | None
    next_attempt: str | None
    awaited: int
    sync: CatchUp | None
    last_message_at: str | None


class AccountPage(TypedDict):
    """AccountPage."""

    next_cursor: str | None
    items: list[Account]


class Activity(TypedDict):
    """Activity."""

    chat_jid: str
    state: ActivityWord


class ActivityBody(TypedDict):
    """The others take it back by themselves after some 25 seconds without a word."""

    state: ActivityWord


ActivityWord = Literal["typing", "recording", "paused"]
"""What one is shown to do."""


class Blocked(TypedDict):
    """Blocked."""

    jid: str
    blocked: bool


class BlocklistPage(TypedDict):
    """Whom the account shuts out; told whole."""

    items: list[Person]
    next_cursor: None


class Business(TypedDict):
    """Business."""

    jid: str
    address: str | None
    email: str | None
    description: str | None
    websites: list[str]
    categories: list[str]
    timezone: str | None
    hours: list[Hours]


class Card(TypedDict):
    """A contact card: a name with a phone number, or with a whole vCard."""

    name: str
    phone: NotRequired[str | None]
    vcard: NotRequired[str | None]


class CardShape(TypedDict):
    """CardShape."""

    name: str
    vcard: str


class CatchUp(TypedDict):
    """What had waited on the server while this device was away, and how much of it is here."""

    state: str
    expected: int
    received: int
    began_at: str
    completed_at: str | None


class Chat(TypedDict):
    """A chat. `muted_until` is null while it is muted for ever; `labels` are ids."""

    account: str
    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    last_message_at: str | None
    unread: int
    archived: bool
    pinned_at: str | None
    muted: bool
    muted_until: str | None
    marked_unread: bool
    locked: bool
    labels: list[str]


class ChatChangeBody(TypedDict):
    """What the chat is to be like, for every device of the account; what is left out stays.
    `marked_unread` false marks it as read for our own devices: nobody else is told.
    """

    archived: NotRequired[bool | None]
    pinned: NotRequired[bool | None]
    muted: NotRequired[bool | None]
    muted_until: NotRequired[str | None]
    marked_unread: NotRequired[bool | None]


class ChatPage(TypedDict):
    """Those with the latest message first."""

    next_cursor: str | None
    items: list[Chat]


class Check(TypedDict):
    """`code` is a stable word, `detail` a sentence; both are empty when all is well.
    `account` says whose connection it is.
    """

    name: str
    state: CheckState
    code: str
    detail: str
    account: str


class CheckBody(TypedDict):
    """Phone numbers in international form, as people write them."""

    phones: list[str]


CheckState = Literal["ok", "degraded", "failed"]
"""`degraded`: messages flow, and something else does not. `failed`: messages do not flow."""


class Checked(TypedDict):
    """`number` is as it was asked; the addresses are WhatsApp's, and null for who is not
    there. `business_name` is told where it is known already.
    """

    number: str
    is_on_whatsapp: bool
    jid: str | None
    lid: str | None
    phone: str | None
    name: str | None
    business_name: str | None


class CheckedPage(TypedDict):
    """One for each number, in the order of the question."""

    items: list[Checked]


class ClearBody(TypedDict):
    """`keep_starred` leaves starred messages; `delete_media` asks the devices to delete
    files.
    """

    keep_starred: NotRequired[bool]
    delete_media: NotRequired[bool]


class CommunityMemberPage(TypedDict):
    """Everybody in any group of the community."""

    items: list[Person]
    next_cursor: None


ConnectionState = Literal[
    "starting",
    "pairing",
    "connecting",
    "connected",
    "reconnecting",
    "replaced",
    "logged_out",
    "banned",
    "outdated",
    "pairing_expired",
    "stopped",
]


class Contact(TypedDict):
    """A person that the account has to do with. `full_name` is that of the phone's address
    book.
    """

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    account: str
    full_name: str | None
    first_name: str | None
    push_name: str | None
    business_name: str | None
    about: str | None
    blocked: bool


class ContactMessage(TypedDict):
    """ContactMessage."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["contact"]
    contacts: list[Card]


class ContactPage(TypedDict):
    """ContactPage."""

    next_cursor: str | None
    items: list[Contact]


class ContactPicture(TypedDict):
    """ContactPicture."""

    id: str
    url: str | None
    preview: bool
    jid: str


class Context(TypedDict):
    """A message among its neighbours in the chat, the oldest first."""

    before: list[Message]
    message: Message
    after: list[Message]


class Counted(TypedDict):
    """How often a post was reacted to with an emoji."""

    emoji: str
    count: int


class CountedOption(TypedDict):
    """CountedOption."""

    name: str
    votes: int
    voters: list[Voter]


class CreatedKey(TypedDict):
    """`secret` is told this once; only a digest of it is kept."""

    id: str
    name: str
    scopes: list[Scope]
    accounts: list[str]
    chats: list[str]
    created_at: str
    expires_at: str | None
    secret: str


class CreatedWebhook(TypedDict):
    """`secret` signs the deliveries (Standard Webhooks 1.0); it is told this once."""

    id: str
    url: str
    accounts: list[str]
    chats: list[str]
    types: list[str]
    enabled: bool
    reason: str | None
    last_seq: int
    replaying: bool
    created_at: str
    secret: str


class Delivery(TypedDict):
    """An event that is not delivered. `id` is the event's; `status` the last answer's."""

    id: str
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    next_attempt_at: str | None
    status: int | None
    error: str | None
    created_at: str


class DeliveryPage(TypedDict):
    """DeliveryPage."""

    items: list[Delivery]
    next_cursor: str | None


DeliveryState = Literal["pending", "dead"]
"""`pending`: not delivered yet. `dead`: given up; it can be delivered again by request."""


class DocumentMessage(TypedDict):
    """Any file, as it is. `filename` is what its receivers see, by default its own name."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    media: MediaSource
    caption: NotRequired[str]
    type: Literal["document"]
    filename: NotRequired[str]


class EditBody(TypedDict):
    """Another text, or another caption of a file."""

    text: str
    wait_s: NotRequired[float]


class Erased(TypedDict):
    """How much was removed; `events` were emptied, and keep their place in the log."""

    messages: int
    events: int
    deliveries: int
    others: int


class Event(TypedDict):
    """What happened. `id` is the same at every delivery; `seq` grows by one from event to
    event of this server. `data` depends on the type; a message looks as in the lists of
    messages.
    """

    id: str
    seq: int
    account: str
    type: str
    time: str
    data: dict[str, Any]


class EventPage(TypedDict):
    """`next_after` is the next question's `after`; `last_seq` the newest event of the
    server.
    """

    items: list[Event]
    next_after: int
    last_seq: int


ExportFormat = Literal["jsonl", "txt", "html"]
"""A message a line; as WhatsApp's own export; a page to read."""


class FetchBody(TypedDict):
    """How many posts to fetch: the newest, or those before the post `before`."""

    count: NotRequired[int]
    before: NotRequired[str | None]


class Fetched(TypedDict):
    """How many posts came; they are among the messages of the chat now."""

    chat_jid: str
    fetched: int


class Followed(TypedDict):
    """Followed."""

    jid: str


class ForwardBody(TypedDict):
    """Where a message is sent on to."""

    to: str
    wait_s: NotRequired[float]


class Group(TypedDict):
    """Group."""

    account: str
    jid: str
    subject: str | None
    owner: str | None
    created_at: str | None
    member: bool
    description: str | None
    announce: bool
    locked: bool
    approval: bool
    admin_add: bool
    ephemeral_seconds: int | None
    suspended: bool
    community: bool
    parent_jid: str | None
    default_subgroup: bool
    participants: list[Participant]


class GroupChangeBody(TypedDict):
    """What is to change; what is left out stays. An empty description removes it."""

    subject: NotRequired[str | None]
    description: NotRequired[str | None]
    announce: NotRequired[bool | None]
    locked: NotRequired[bool | None]
    approval: NotRequired[bool | None]
    admin_add: NotRequired[bool | None]
    ephemeral_seconds: NotRequired[int | None]


class GroupPage(TypedDict):
    """Without their participants."""

    next_cursor: str | None
    items: list[GroupSummary]


class GroupSummary(TypedDict):
    """A group or community. `member`: whether the account is still in it."""

    account: str
    jid: str
    subject: str | None
    owner: str | None
    created_at: str | None
    member: bool
    description: str | None
    announce: bool
    locked: bool
    approval: bool
    admin_add: bool
    ephemeral_seconds: int | None
    suspended: bool
    community: bool
    parent_jid: str | None
    default_subgroup: bool


class History(TypedDict):
    """How far one kind of history has come: the phone's percentage, and what it was."""

    sync_type: str
    progress: int
    chunk: int
    messages: int
    failed: int
    updated_at: str


class HistoryPage(TypedDict):
    """HistoryPage."""

    next_cursor: str | None
    items: list[History]


HistoryRequestState = Literal["waiting", "asked", "answered", "end_reached", "no_answer", "failed"]
"""Where a request for older messages stands. `waiting`: not asked yet, or not for all.
`asked`: the phone was asked. `answered`: all that was wanted came. `end_reached`: the
phone has nothing older. `no_answer`: none came in time. `failed`: it could not be asked.
"""


class Hours(TypedDict):
    """`mode` is `specific_hours`, `open_24h` or `appointment_only`; minutes after midnight."""

    day: str
    mode: str
    open_minute: int
    close_minute: int


class Invite(TypedDict):
    """An invitation for one person, who did not let themselves be added."""

    code: str
    expires_at: str | None


class InviteLink(TypedDict):
    """Whoever has the link can come in."""

    chat_jid: str
    link: str


class Joined(TypedDict):
    """`waiting`: the admins of the group have to approve first."""

    chat_jid: str
    state: Literal["joined", "waiting"]


class Key(TypedDict):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    accounts: list[str]
    chats: list[str]
    created_at: str
    expires_at: str | None


class KeyPage(TypedDict):
    """KeyPage."""

    items: list[Key]
    next_cursor: None


class Label(TypedDict):
    """`chats` and `messages` say how many carry it."""

    id: str
    name: str
    color: int
    chats: int
    messages: int


class LabelPage(TypedDict):
    """LabelPage."""

    next_cursor: str | None
    items: list[Label]


class Left(TypedDict):
    """The group that was left."""

    chat_jid: str


class Link(TypedDict):
    """Whether a group is in a community now."""

    chat_jid: str
    group_jid: str
    linked: bool


class LinkBody(TypedDict):
    """A link as WhatsApp shares it, or the code at its end."""

    link: str


class LinkedGroup(TypedDict):
    """A group of a community; `default_subgroup` is its own one for announcements."""

    jid: str
    subject: str | None
    default_subgroup: bool


class LinkedGroupPage(TypedDict):
    """LinkedGroupPage."""

    items: list[LinkedGroup]
    next_cursor: None


class Live(TypedDict):
    """Live."""

    status: str


class LiveShape(TypedDict):
    """For so many seconds, changes of views and reactions come as events."""

    chat_jid: str
    seconds: int


class Location(TypedDict):
    """Location."""

    latitude: float
    longitude: float
    name: str | None
    address: str | None
    url: str | None
    live: bool


class LocationMessage(TypedDict):
    """A place, in degrees."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["location"]
    latitude: float
    longitude: float
    name: NotRequired[str]
    address: NotRequired[str]


class Made(TypedDict):
    """A new group. `not_added` are those who were asked for and are not in it."""

    account: str
    jid: str
    subject: str | None
    owner: str | None
    created_at: str | None
    member: bool
    description: str | None
    announce: bool
    locked: bool
    approval: bool
    admin_add: bool
    ephemeral_seconds: int | None
    suspended: bool
    community: bool
    parent_jid: str | None
    default_subgroup: bool
    participants: list[Participant]
    not_added: list[Person]


class Media(TypedDict):
    """The file of a message. `path` is where it lies in the store; `url` serves it.
    `document_name` is what its sender called it: text to show, never a path.
    """

    kind: MediaKind
    state: MediaState
    mime: str | None
    size_bytes: int
    filename: str | None
    document_name: str | None
    path: str | None
    sha256: str | None
    duration_s: int | None
    width: int | None
    height: int | None
    error: str | None
    url: str


MediaKind = Literal["image", "video", "gif", "audio", "voice", "document", "sticker"]


class MediaSource(TypedDict):
    """The file to send: `media_id` names one that was handed over to `POST /v1/media`;
    `path` lies on the server, inside the folders of `media_roots`.
    """

    path: NotRequired[str | None]
    media_id: NotRequired[str | None]
    url: NotRequired[str | None]


MediaState = Literal["pending", "available", "failed", "gone", "expired"]
"""Where the file of a message is. `pending`: to be downloaded, or asked of the phone.
`available`: stored. `failed`: given up after tries, may be asked for again. `gone`:
neither WhatsApp nor the phone has it. `expired`: it was here, and was kept no longer; on
request it is fetched again, if that is possible.
"""


MemberChange = Literal["add", "remove", "promote", "demote"]


class Message(TypedDict):
    """A message. The fields after `deleted_at` are there only where they have something to
    say. `state` is null for messages of others. `deleted_at`: when it was deleted for us
    alone.
    """

    id: str
    account: str
    chat_jid: str
    chat_name: str | None
    sender: Person
    from_me: bool
    type: RowKind
    text: str
    timestamp: str
    state: SendState | None
    mentions: list[str]
    quoted: Quoted | None
    media: Media | None
    reactions: list[Reaction]
    edited_at: str | None
    revoked: bool
    revoked_at: str | None
    forwarded: bool
    view_once: bool
    ephemeral_seconds: int | None
    from_history: bool
    starred: bool
    deleted_at: str | None
    snippet: NotRequired[list[Snippet] | None]
    error: NotRequired[SendError | None]
    location: NotRequired[Location | None]
    contacts: NotRequired[list[CardShape] | None]
    poll: NotRequired[Poll | None]
    unsupported: NotRequired[Unsupported | None]


class MessagePage(TypedDict):
    """MessagePage."""

    next_cursor: str | None
    items: list[Message]


class MoveBody(TypedDict):
    """MoveBody."""

    send_at: str


class NewAccount(TypedDict):
    """The name is 1 to 32 of a-z, 0-9, - and _."""

    account: str


class NewGroupBody(TypedDict):
    """A group to make. `announce`: only admins write. `locked`: only admins change what it
    says of itself. `approval`: admins decide who joins by the link. `admin_add`: only
    admins add members. `community`: make a community instead; `parent` is the community
    it is to be in.
    """

    subject: str
    participants: NotRequired[list[str]]
    announce: NotRequired[bool]
    locked: NotRequired[bool]
    approval: NotRequired[bool]
    admin_add: NotRequired[bool]
    ephemeral_seconds: NotRequired[int]
    community: NotRequired[bool]
    parent: NotRequired[str | None]


class NewKey(TypedDict):
    """`accounts` and `chats` limit what the key reaches; without them it reaches everything.
    `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats they are.
    """

    name: str
    scopes: list[Scope]
    accounts: NotRequired[list[str]]
    chats: NotRequired[list[str]]
    expires_at: NotRequired[str | None]


class NewNewsletterBody(TypedDict):
    """A newsletter to make; its picture is a JPEG that was handed over to `POST /v1/media`.
    `accept_terms` agrees to WhatsApp's terms for owners of newsletters; before the first
    one WhatsApp asks for that.
    """

    name: str
    description: NotRequired[str]
    media_id: NotRequired[str | None]
    accept_terms: NotRequired[bool]


class NewWebhook(TypedDict):
    """`accounts`, `chats` and `types` choose what it is told; without them it is told
    everything. `chats` are JIDs or phone numbers, and ask for the `accounts` whose chats
    they are.
    """

    url: str
    accounts: NotRequired[list[str]]
    chats: NotRequired[list[str]]
    types: NotRequired[
        list[
            Literal[
                "account.state",
                "account.setting",
                "account.sync",
                "pairing.qr",
                "pairing.code",
                "pairing.passkey",
                "message.received",
                "message.sent",
                "message.status",
                "message.edited",
                "message.revoked",
                "message.reaction",
                "message.starred",
                "message.deleted",
                "message.undecryptable",
                "message.recovered",
                "poll.vote",
                "media.ready",
                "media.failed",
                "chat.updated",
                "chat.presence",
                "label.updated",
                "label.assigned",
                "quick_reply.updated",
                "contact.updated",
                "contact.blocked",
                "picture.updated",
                "contact.identity",
                "presence.updated",
                "group.joined",
                "group.updated",
                "group.participants",
                "status.received",
                "newsletter.message",
                "newsletter.joined",
                "newsletter.left",
                "newsletter.updated",
                "newsletter.counts",
                "call.offered",
                "call.ended",
                "history.progress",
            ]
        ]
    ]


class Newsletter(TypedDict):
    """`role` is what the account is there: subscriber, owner, admin, or guest."""

    chat_jid: str
    name: str | None
    description: str | None
    invite_code: str | None
    subscribers: int
    created_at: str | None
    verified: bool
    state: str | None
    role: str | None


class NewsletterChangeBody(TypedDict):
    """What is to change; what is left out stays. An empty description removes it, and
    `remove_picture` the picture, unless another one is given.
    """

    name: NotRequired[str | None]
    description: NotRequired[str | None]
    media_id: NotRequired[str | None]
    remove_picture: NotRequired[bool]


class NewsletterMuted(TypedDict):
    """NewsletterMuted."""

    chat_jid: str
    muted: bool


class NewsletterPage(TypedDict):
    """NewsletterPage."""

    next_cursor: str | None
    items: list[Newsletter]


class Older(TypedDict):
    """A request for older messages: `wanted` of them, `received` so far."""

    chat_jid: str
    state: HistoryRequestState
    wanted: int
    received: int
    requested_at: str
    updated_at: str


class OlderBody(TypedDict):
    """How many older messages to ask for; they come before the oldest that is known, or
    before a time.
    """

    count: NotRequired[int]
    before: NotRequired[str | None]


class Outcome(TypedDict):
    """Outcome."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    done: bool
    error: Refusal | None
    invite: Invite | None


class Outcomes(TypedDict):
    """What became of each person."""

    chat_jid: str
    items: list[Outcome]


class PairingCode(TypedDict):
    """PairingCode."""

    code: str


class PairingPhone(TypedDict):
    """The number of the phone that will type the code, in international form."""

    phone: str


class Participant(TypedDict):
    """Participant."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    admin: bool
    superadmin: bool


class PeopleBody(TypedDict):
    """The people that are meant."""

    people: list[str]


class Person(TypedDict):
    """Someone, by every address that is known. `phone` is never made from a hidden address."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None


class Picture(TypedDict):
    """`picture_id` is null when there is no picture any more."""

    chat_jid: str
    picture_id: str | None


class PictureBody(TypedDict):
    """A JPEG that was handed over to `POST /v1/media`."""

    media_id: str


class PictureMessage(TypedDict):
    """A picture, a film, or a short film that plays by itself again and again."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    media: MediaSource
    caption: NotRequired[str]
    type: Literal["image", "video", "gif"]


class Played(TypedDict):
    """Played."""

    id: str
    chat_jid: str


class Poll(TypedDict):
    """`selectable` is how many options one may choose; 0 is any number."""

    question: str
    options: list[str]
    selectable: int


class PollMessage(TypedDict):
    """A question. `selectable` is how many options one may choose; 0 is as many as one
    likes.
    """

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["poll"]
    question: str
    options: list[str]
    selectable: NotRequired[int]


class Post(TypedDict):
    """How a post fares; what WhatsApp never told is null."""

    chat_jid: str
    id: str
    server_id: int
    views: int | None
    reactions: list[Counted] | None


class PostReactionBody(TypedDict):
    """An emoji; an empty one takes the reaction back."""

    emoji: str


class Presence(TypedDict):
    """What the account wishes to be shown as."""

    state: PresenceWord


class PresenceBody(TypedDict):
    """`available`: shown online, over restarts, until it is taken back. The phone gets no
    push notifications meanwhile.
    """

    state: PresenceWord


PresenceWord = Literal["available", "unavailable"]


class Privacy(TypedDict):
    """Who may see or do what, in WhatsApp's words; null where WhatsApp does not tell it."""

    last_seen: str | None
    online: str | None
    profile_picture: str | None
    about: str | None
    read_receipts: str | None
    group_add: str | None
    call_add: str | None
    messages: str | None
    defense: str | None
    stickers: str | None


class PrivacyBody(TypedDict):
    """The settings to change. Most take `all`, `contacts`, `contact_blacklist` or `none`;
    `online` takes `all` or `match_last_seen`, `read_receipts` `all` or `none`.
    """

    last_seen: NotRequired[str | None]
    online: NotRequired[str | None]
    profile_picture: NotRequired[str | None]
    about: NotRequired[str | None]
    read_receipts: NotRequired[str | None]
    group_add: NotRequired[str | None]
    call_add: NotRequired[str | None]
    messages: NotRequired[str | None]
    defense: NotRequired[str | None]
    stickers: NotRequired[str | None]


class Profile(TypedDict):
    """How others see the account, as far as its privacy settings let them."""

    account: str
    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    about: str | None
    picture: ShownPicture | None


class ProfileBody(TypedDict):
    """What is left out stays. `picture` names a JPEG that was handed over to `POST
    /v1/media`; null removes the picture.
    """

    name: NotRequired[str | None]
    about: NotRequired[str | None]
    picture: NotRequired[str | None]


class QuickReply(TypedDict):
    """QuickReply."""

    id: str
    shortcut: str
    text: str
    keywords: list[str]


class QuickReplyPage(TypedDict):
    """QuickReplyPage."""

    next_cursor: str | None
    items: list[QuickReply]


class Quoted(TypedDict):
    """Quoted."""

    id: str
    sender: str | None
    text: str


class Reacted(TypedDict):
    """Reacted."""

    chat_jid: str
    id: str
    emoji: str


class Reaction(TypedDict):
    """Reaction."""

    sender: Person
    emoji: str
    timestamp: str


class ReactionBody(TypedDict):
    """An emoji; an empty one takes the reaction back."""

    emoji: str
    wait_s: NotRequired[float]


class Read(TypedDict):
    """How many messages were marked."""

    chat_jid: str
    read: int


class ReadBody(TypedDict):
    """The messages of a chat to mark as read; without `ids` all that are unread."""

    chat: str
    ids: NotRequired[list[str]]


class Readiness(TypedDict):
    """`state` is that of the worst check. `problems` has a sentence for each that failed,
    `warnings` one for each that is degraded.
    """

    ready: bool
    state: CheckState
    problems: list[str]
    warnings: list[str]
    checks: list[Check]


class Receipt(TypedDict):
    """Receipt."""

    person: Person
    kind: str
    timestamp: str


class ReceiptPage(TypedDict):
    """Who got, read or played a message, the earliest first."""

    next_cursor: str | None
    items: list[Receipt]


class Refusal(TypedDict):
    """Why one person is left out: a stable word, a sentence, and WhatsApp's own number."""

    code: Literal[
        "not_admin",
        "not_allowed",
        "not_found",
        "left_recently",
        "already_there",
        "group_full",
        "refused",
    ]
    detail: str
    server_code: int


class Replay(TypedDict):
    """Replay."""

    from_seq: int
    to_seq: int


class Retried(TypedDict):
    """`available`: the file is here. `pending`: it is fetched again, and the phone asked for
    it.
    """

    id: str
    chat_jid: str
    state: MediaState


RowKind = Literal[
    "text",
    "image",
    "video",
    "gif",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "contact",
    "poll",
    "unsupported",
    "undecryptable",
]
"""The kind of a message row. The words of the API and of the column `kind`."""


class Scheduled(TypedDict):
    """A message that leaves at `send_at`. `filename` is what a document is called."""

    id: str
    account: str
    chat_jid: str
    state: Literal["scheduled"]
    type: RowKind
    text: str
    filename: str | None
    send_at: str
    created_at: str


class ScheduledPage(TypedDict):
    """What leaves next comes first."""

    next_cursor: str | None
    items: list[Scheduled]


Scope = Literal["read", "send", "admin"]
"""What a key is for. `read`: look at everything. `send`: write, and change what others see.
`admin`: accounts, webhooks and keys; it includes the other two.
"""


class Seen(TypedDict):
    """Seen."""

    chat_jid: str
    seen: int


class SeenBody(TypedDict):
    """Posts to count as seen."""

    ids: list[str]


class SendError(TypedDict):
    """Why a message was not sent."""

    code: str
    detail: str


SendState = Literal["queued", "sent", "delivered", "read", "played", "failed"]
"""How far an own message got; it never moves backwards (`failed` is an end)."""


class Sent(TypedDict):
    """What became of a message so far: `sent` once WhatsApp acknowledged it, else `queued`.
    A queued one is kept, and sent when that is possible; a `scheduled` one leaves at
    `send_at`. `id` is WhatsApp's own.
    """

    id: str
    account: str
    chat_jid: str
    state: Literal["sent", "queued", "scheduled"]
    timestamp: str
    send_at: NotRequired[str | None]


class Setting(TypedDict):
    """A setting that the devices of the account share; `value` is any JSON."""

    name: str
    value: Any
    changed_at: str


class SettingPage(TypedDict):
    """SettingPage."""

    next_cursor: str | None
    items: list[Setting]


class ShownPicture(TypedDict):
    """`url` holds for some hours; anybody who has it can fetch the picture."""

    id: str
    url: str | None
    preview: bool


class Snippet(TypedDict):
    """A piece of the text around what was found; `match` says that it is what was found."""

    text: str
    match: bool


class SoundMessage(TypedDict):
    """A sound file, or a voice note: what is no voice note yet is made one."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["audio", "voice"]
    media: MediaSource


class StickerMessage(TypedDict):
    """A sticker; a picture of another format is made one."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["sticker"]
    media: MediaSource


class Tally(TypedDict):
    """How a poll stands by the last vote of each person. `unreadable` votes are not in it:
    they cannot be opened here. `selectable` is how many options one may choose; 0 is any
    number.
    """

    id: str
    chat_jid: str
    question: str
    selectable: int
    options: list[CountedOption]
    voters: int
    unreadable: int


class TextMessage(TypedDict):
    """TextMessage."""

    to: str
    reply_to: NotRequired[str | None]
    reply_to_chat: NotRequired[str | None]
    reply_to_sender: NotRequired[str | None]
    mentions: NotRequired[list[str]]
    ephemeral_seconds: NotRequired[int]
    wait_s: NotRequired[float]
    send_at: NotRequired[str | None]
    type: Literal["text"]
    text: str


class Told(TypedDict):
    """The id of the event that is on its way."""

    id: str


class Unsupported(TypedDict):
    """A message of a kind that is not understood yet: the names of its fields."""

    fields: list[str]


class Upload(TypedDict):
    """A file that was handed over. `media_id` is valid until `expires_at`."""

    media_id: str
    size_bytes: int
    sha256: str
    mime: str
    filename: str | None
    expires_at: str


class Version(TypedDict):
    """`id` is the edit's own id; of the first version the message's."""

    id: str
    text: str
    timestamp: str


class VersionPage(TypedDict):
    """Every version of a message, the first one first; one alone when it was never edited."""

    next_cursor: str | None
    items: list[Version]


class VoteBody(TypedDict):
    """The options to vote for, written as in the poll; none takes our vote back. It replaces
    the vote that we gave before.
    """

    options: list[str]
    wait_s: NotRequired[float]


class Voter(TypedDict):
    """Who stands for an option, and since when."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    timestamp: str


class Waiting(TypedDict):
    """Waiting."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    requested_at: str | None


class WaitingPage(TypedDict):
    """Those who ask to be let in; told whole."""

    items: list[Waiting]
    next_cursor: None


class Webhook(TypedDict):
    """A webhook without its secret. `reason` tells why it is disabled, if that was not asked
    for; `last_seq` is the last event that was taken up, where those that are not wanted
    count by thousands; `replaying` while a range is told again.
    """

    id: str
    url: str
    accounts: list[str]
    chats: list[str]
    types: list[str]
    enabled: bool
    reason: str | None
    last_seq: int
    replaying: bool
    created_at: str


class WebhookChange(TypedDict):
    """What is left out stays. `chats` ask for the `accounts`, too."""

    url: NotRequired[str | None]
    accounts: NotRequired[list[str] | None]
    chats: NotRequired[list[str] | None]
    types: NotRequired[
        list[
            Literal[
                "account.state",
                "account.setting",
                "account.sync",
                "pairing.qr",
                "pairing.code",
                "pairing.passkey",
                "message.received",
                "message.sent",
                "message.status",
                "message.edited",
                "message.revoked",
                "message.reaction",
                "message.starred",
                "message.deleted",
                "message.undecryptable",
                "message.recovered",
                "poll.vote",
                "media.ready",
                "media.failed",
                "chat.updated",
                "chat.presence",
                "label.updated",
                "label.assigned",
                "quick_reply.updated",
                "contact.updated",
                "contact.blocked",
                "picture.updated",
                "contact.identity",
                "presence.updated",
                "group.joined",
                "group.updated",
                "group.participants",
                "status.received",
                "newsletter.message",
                "newsletter.joined",
                "newsletter.left",
                "newsletter.updated",
                "newsletter.counts",
                "call.offered",
                "call.ended",
                "history.progress",
            ]
        ]
        | None
    ]
    enabled: NotRequired[bool | None]


class WebhookPage(TypedDict):
    """WebhookPage."""

    items: list[Webhook]
    next_cursor: None
