"""What of newsletters outlives the process; who is told of counts live does not."""

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.network.newsletters import Newsletter, Post


class SavedPost(Value):
    server_id: int
    id: str
    author: Jid
    sent: int
    kind: str
    plaintext: bytes
    media_type: str = ""
    edited_ms: int = 0
    changed: int = 0
    viewers: tuple[Jid, ...] = ()
    reactions: tuple[tuple[Jid, str], ...] = ()


class SavedNewsletter(Value):
    jid: Jid
    name: str
    owner: Jid
    created: int
    description: str
    invite: str
    picture_path: str
    followers: tuple[tuple[Jid, bool], ...]
    posts: tuple[SavedPost, ...]
    next_id: int


def save_newsletter(newsletter: Newsletter) -> SavedNewsletter:
    return SavedNewsletter(
        jid=newsletter.jid,
        name=newsletter.name,
        owner=newsletter.owner.lid,
        created=newsletter.created,
        description=newsletter.description,
        invite=newsletter.invite,
        picture_path=newsletter.picture_path,
        followers=tuple(newsletter.followers.items()),
        posts=tuple(_save_post(post) for post in newsletter.posts.values()),
        next_id=newsletter.next_id,
    )


def _save_post(post: Post) -> SavedPost:
    return SavedPost(
        server_id=post.server_id,
        id=post.id,
        author=post.author.lid,
        sent=post.sent,
        kind=post.kind,
        plaintext=post.plaintext,
        media_type=post.media_type,
        edited_ms=post.edited_ms,
        changed=post.changed,
        viewers=tuple(post.viewers),
        reactions=tuple(post.reactions.items()),
    )


def restore_newsletter(network: Network, saved: SavedNewsletter) -> None:
    find = network.directory.get
    newsletter = Newsletter(saved.jid, saved.name, find(saved.owner), saved.created)
    newsletter.description = saved.description
    newsletter.invite = saved.invite
    newsletter.picture_path = saved.picture_path
    newsletter.followers = dict(saved.followers)
    newsletter.next_id = saved.next_id
    for one in saved.posts:
        post = Post(one.server_id, one.id, find(one.author), one.sent, one.kind, one.plaintext)
        post.media_type, post.edited_ms, post.changed = one.media_type, one.edited_ms, one.changed
        post.viewers, post.reactions = set(one.viewers), dict(one.reactions)
        newsletter.posts[one.server_id] = post
    network.newsletters.restore(newsletter)
