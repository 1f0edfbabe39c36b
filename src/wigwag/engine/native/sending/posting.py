"""Messages to newsletters: in the clear, to nobody in particular (whatsmeow send.go)."""

from wigwag.engine.native.sending.envelope import EDIT_ADMIN_REVOKE, EDIT_POST, describe
from wigwag.model.content import (
    Content,
    Edit,
    Media,
    Pin,
    PollVote,
    Reaction,
    Revoke,
    TimerSet,
)
from wigwag.model.errors import Unsupported
from wigwag.model.message import Outgoing
from wigwag.wire.content import encode_content
from wigwag.wire.nodes import AttrValue, Node


def post_stanza(message: Outgoing) -> Node:
    """The stanza of a post; edits and revokes go by the id of what they change.

    Raises Unsupported for what newsletters know in another form, and as `encode_content`.
    """
    content = message.content
    if isinstance(content, Reaction | PollVote | Pin | TimerSet):
        raise Unsupported("In newsletters nothing is voted or pinned, and reactions go elsewhere.")
    attrs: dict[str, AttrValue] = {
        "to": message.to.bare,
        "id": message.id,
        "type": describe(content).type,
    }
    if isinstance(content, Revoke):
        return _stanza(attrs | {"id": content.target.id, "edit": EDIT_ADMIN_REVOKE}, None)
    if isinstance(content, Edit):
        attrs |= {"id": content.target.id, "edit": EDIT_POST}
        content = content.content
    if isinstance(content, Media) and content.ref is not None and content.ref.handle:
        attrs["media_id"] = content.ref.handle
    return _stanza(attrs, content)


def _stanza(attrs: dict[str, AttrValue], content: Content | None) -> Node:
    plain = Node("plaintext", {}, b"")
    if content is not None:
        plain.content = encode_content(content)
        if media_type := describe(content).media_type:
            plain.attrs["mediatype"] = media_type
    return Node("message", attrs, [plain])
