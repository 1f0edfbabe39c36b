"""What a child can be asked to do, and what it answers. Texts and times as in `facts`."""

from wigwag.model.value import Value


class PairCode(Value, tag="pair_code"):
    """Eight characters for the phone with this number (digits); answers a text."""

    phone: str


class LogOut(Value, tag="log_out"):
    """Unlink the device; its identity is gone then."""


class SendMessage(Value, tag="send"):
    """Send a waE2E.Message; answers a SentAnswer.

    `id` is ours: the same one twice is sent once, whatever became of the first.
    """

    id: str
    to: str
    content: bytes


class SentAnswer(Value):
    """`id` is the one that the library gave the message."""

    id: str
    timestamp_s: int
    server_id: int = 0


class Upload(Value, tag="upload"):
    """Encrypt and upload a file; answers an UploadAnswer. `media_type` is neonize's number;
    with `plain` the file is for a newsletter."""

    data: bytes
    media_type: int
    plain: bool = False


class UploadAnswer(Value):
    url: str
    direct_path: str
    handle: str
    media_key: bytes
    file_sha256: bytes
    file_enc_sha256: bytes
    size_bytes: int


class MarkRead(Value, tag="mark_read"):
    ids: tuple[str, ...]
    chat: str
    sender: str
    timestamp_s: int
    played: bool = False


class SetAvailable(Value, tag="set_available"):
    available: bool


class SetActivity(Value, tag="set_activity"):
    """Show that we type, or record (`audio`), or no longer do."""

    chat: str
    composing: bool
    audio: bool = False


class Subscribe(Value, tag="subscribe"):
    person: str


class CheckNumbers(Value, tag="check_numbers"):
    """Answers a tuple of NumberAnswers. Digits alone."""

    phones: tuple[str, ...]


class NumberAnswer(Value):
    """`pn` and `lid` are the addresses of whom the number belongs to, as far as they are told."""

    phone: str
    pn: str
    lid: str
    there: bool


class RejectCall(Value, tag="reject_call"):
    caller: str
    call_id: str


class CreateGroup(Value, tag="create_group"):
    """Answers a GroupTold, as all that get one group."""

    subject: str
    people: tuple[str, ...]
    community: bool = False
    parent: str = ""


class GetGroup(Value, tag="get_group"):
    group: str


class ListGroups(Value, tag="list_groups"):
    """Answers a tuple of GroupTolds."""


class LeaveGroup(Value, tag="leave_group"):
    group: str


class ChangeMembers(Value, tag="change_members"):
    """`change` is add, remove, promote or demote; answers a tuple of Members."""

    group: str
    change: str
    people: tuple[str, ...]


class SetSubject(Value, tag="set_subject"):
    group: str
    subject: str


class SetTopic(Value, tag="set_topic"):
    """The description; the library finds out the version that it replaces."""

    group: str
    topic: str


class SetLocked(Value, tag="set_locked"):
    group: str
    locked: bool


class SetAnnounce(Value, tag="set_announce"):
    group: str
    announce: bool


class SetTimer(Value, tag="set_timer"):
    """How long messages of the chat last; with an empty chat, those of new chats."""

    chat: str
    seconds: int


class InviteLink(Value, tag="invite_link"):
    """Answers the link."""

    group: str
    reset: bool


class PreviewLink(Value, tag="preview_link"):
    code: str


class JoinLink(Value, tag="join_link"):
    """Answers the group's address."""

    code: str


class ListRequests(Value, tag="list_requests"):
    """Answers a tuple of (address, Unix seconds)."""

    group: str


class ListSubgroups(Value, tag="list_subgroups"):
    """Answers a tuple of (address, subject, whether it is the community's own)."""

    community: str


class ListLinkedMembers(Value, tag="list_linked_members"):
    """Answers a tuple of addresses."""

    community: str


class LinkGroup(Value, tag="link_group"):
    community: str
    group: str
    linked: bool = True


class GetPicture(Value, tag="get_picture"):
    """Answers a PictureAnswer, an empty one where there is none."""

    who: str
    preview: bool


class PictureAnswer(Value):
    id: str = ""
    url: str = ""
    direct_path: str = ""


class SetPicture(Value, tag="set_picture"):
    """An empty address means the own picture; answers the picture's id."""

    group: str
    jpeg: bytes


class GetAbout(Value, tag="get_about"):
    """Answers a text; empty when it is nothing, or hidden."""

    who: str


class SetAbout(Value, tag="set_about"):
    about: str


class GetPrivacy(Value, tag="get_privacy"):
    """Answers the settings as PrivacyFact has them."""


class SetPrivacy(Value, tag="set_privacy"):
    name: str
    value: str


class GetBlocklist(Value, tag="get_blocklist"):
    """Answers a tuple of addresses."""


class SetBlocked(Value, tag="set_blocked"):
    person: str
    blocked: bool


class GetNewsletter(Value, tag="get_newsletter"):
    """Answers a NewsletterTold, as all that get one. By its address, or the code of a link."""

    jid: str = ""
    code: str = ""


class ListNewsletters(Value, tag="list_newsletters"):
    """Those that are followed: a tuple of NewsletterTolds."""


class FollowNewsletter(Value, tag="follow_newsletter"):
    jid: str
    followed: bool


class MuteNewsletter(Value, tag="mute_newsletter"):
    jid: str
    muted: bool


class CreateNewsletter(Value, tag="create_newsletter"):
    """Answers a NewsletterTold."""

    name: str
    description: str
    picture: bytes


class ReactToPost(Value, tag="react_to_post"):
    jid: str
    server_id: int
    emoji: str


Ask = (
    PairCode
    | LogOut
    | SendMessage
    | Upload
    | MarkRead
    | SetAvailable
    | SetActivity
    | Subscribe
    | CheckNumbers
    | RejectCall
    | CreateGroup
    | GetGroup
    | ListGroups
    | LeaveGroup
    | ChangeMembers
    | SetSubject
    | SetTopic
    | SetLocked
    | SetAnnounce
    | SetTimer
    | InviteLink
    | PreviewLink
    | JoinLink
    | ListRequests
    | ListSubgroups
    | ListLinkedMembers
    | LinkGroup
    | GetPicture
    | SetPicture
    | GetAbout
    | SetAbout
    | GetPrivacy
    | SetPrivacy
    | GetBlocklist
    | SetBlocked
    | GetNewsletter
    | ListNewsletters
    | FollowNewsletter
    | MuteNewsletter
    | CreateNewsletter
    | ReactToPost
)
