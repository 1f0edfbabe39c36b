"""Newsletters on a pure network: who hears of what."""

import base64
from typing import Any

import pytest

from scripted.stage import ScriptedLink, Stage
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.network.directory import Account
from wigwag.sandbox.network.newsletters import LIVE_S, Newsletter
from wigwag.wire.mex import MexRefused, mex_query, read_mex_result
from wigwag.wire.newsletters import NewsletterQuery, by_id, by_key
from wigwag.wire.nodes import AttrValue, Node


class Home:
    """Alice with two companions follows a newsletter of Bob's, who has one."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.alice: Account = self.stage.account("15550000001", companions=2)
        self.bob: Account = self.stage.account("15550000002", companions=1)
        self.link: ScriptedLink = self.stage.connect(self.alice.companions[0])
        self.other: ScriptedLink = self.stage.connect(self.alice.companions[1])
        self.owner: ScriptedLink = self.stage.connect(self.bob.companions[0])
        self.newsletters = self.stage.network.newsletters
        self.news: Newsletter = self.newsletters.create(self.bob, "News")
        self.newsletters.follow(self.news, self.alice)
        self.drain()

    def drain(self) -> None:
        for link in (self.link, self.other, self.owner):
            link.drain()

    def mex(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        device = self.alice.companions[0]
        asked = mex_query(query, variables)
        return read_mex_result(self.stage.answer(device, self.link, "w:mex", asked, kind="get"))

    def ask(self, request: Node, *, to: Jid = SERVER_JID) -> Node:
        device = self.alice.companions[0]
        return self.stage.answer(device, self.link, "newsletter", request, to=to)

    def send(self, account: Account, node: Node) -> None:
        self.stage.network.handle(account.companions[0].lid, node)


def test_followers_get_posts_and_the_sender_an_ack_with_the_number():
    home = Home()
    plain = Node("plaintext", {"mediatype": "image"}, b"data")
    attrs: dict[str, AttrValue] = {"to": home.news.jid, "id": "3EB0A", "type": "media"}
    message = Node("message", attrs, [plain])
    home.send(home.bob, message)
    assert home.owner.one("ack").attr("server_id") == "100"
    for link in (home.link, home.other):
        told = link.one("message")
        assert told.attrs["from"] == home.news.jid
        assert (told.attr("id"), told.attr("server_id")) == ("3EB0A", "100")
        assert told.kids == [plain]
    assert not home.owner.all("message")
    home.send(home.bob, message)
    assert len(home.news.posts) == 1


def test_only_the_owner_posts_and_only_what_is_there_is_changed():
    home = Home()

    def code(account: Account, link: ScriptedLink, **attrs: AttrValue) -> str:
        link.drain()
        given: dict[str, AttrValue] = {"to": home.news.jid, "id": "3EB0A", "type": "text"}
        home.send(account, Node("message", given | attrs, [Node("plaintext", {}, b"x")]))
        return link.one("ack").attr("error")

    assert code(home.alice, home.link) == "403"
    assert code(home.alice, home.link, to=Jid("1", "newsletter")) == "404"
    assert code(home.bob, home.owner, edit="3") == "404"
    assert code(home.alice, home.link, type="reaction", server_id="100") == "404"
    home.owner.drain()
    home.send(home.bob, Node("message", {"to": home.news.jid, "id": "1", "type": "text"}))
    assert home.owner.one("ack").attr("error") == "487"


def test_counts_are_told_live_for_a_while():
    home = Home()
    post = home.newsletters.publish(home.news, b"x")
    duration = home.ask(Node("live_updates"), to=home.news.jid).kids[0].attr("duration")
    assert duration == str(LIVE_S)
    home.drain()
    home.newsletters.view(home.news, [post.server_id, 999], home.bob)
    home.newsletters.view(home.news, [post.server_id], home.bob)
    home.newsletters.react(home.news, post, home.alice, "👍")
    told = home.link.all("notification")
    assert [node.kids[0].kids[0].kids[0].attr("count") for node in told] == ["1", "1"]
    assert told[1].kids[0].kids[0].kids[1].kids[0].attrs == {"code": "👍", "count": "1"}
    assert not home.other.all("notification")
    home.drain()
    home.stage.timer.advance(LIVE_S + 1)
    home.newsletters.react(home.news, post, home.alice, "")
    assert not home.link.all("notification")
    assert not home.news.live


def test_lists_of_posts_and_of_counts():
    home = Home()
    for text in (b"a", b"b", b"c"):
        home.newsletters.publish(home.news, text)
    asked = Node("messages", {"type": "jid", "jid": home.news.jid, "count": "2", "before": "102"})
    listed = home.ask(asked, to=SERVER_JID).kids[0]
    assert [node.attr("server_id") for node in listed.kids] == ["100", "101"]
    assert listed.kids[0].kids[0].data == b"a"
    updates = home.ask(Node("message_updates", {"after": "101"}), to=home.news.jid).kids[0]
    (only,) = updates.kids[0].kids
    assert (only.attr("server_id"), only.child("plaintext")) == ("102", None)
    future = str(int(home.stage.timer.now()) + 10)
    late = home.ask(Node("message_updates", {"since": future}), to=home.news.jid)
    assert late.kids[0].kids[0].kids == []
    assert home.ask(Node("dance"), to=home.news.jid).attr("type") == "error"
    assert home.ask(Node("messages"), to=Jid("1", "newsletter")).attr("type") == "error"


def test_other_devices_hear_of_following_and_muting():
    home = Home()
    variables = by_id(home.news.jid)
    for query, name in (
        (NewsletterQuery.MUTE, "Mute"),
        (NewsletterQuery.UNMUTE, "Mute"),
        (NewsletterQuery.UNFOLLOW, "Leave"),
        (NewsletterQuery.FOLLOW, "Join"),
    ):
        home.mex(query.value, variables)
        (notice,) = home.other.drain()
        assert (notice.attr("type"), notice.kids[0].attr("op_name")) == (
            "mex",
            f"NotificationNewsletter{name}",
        )
        assert not [node for node in home.link.drain() if node.tag == "notification"]
    home.mex(NewsletterQuery.FOLLOW.value, variables)
    assert home.other.drain() == []


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("1", {}, 400),
        (NewsletterQuery.GET, by_key("1@newsletter", invite=False), 404),
        (NewsletterQuery.GET, {"input": 3}, 400),
        (NewsletterQuery.FOLLOW, {"newsletter_id": "x"}, 404),
        (NewsletterQuery.CREATE, {"newsletter_input": {"name": ""}}, 400),
        (NewsletterQuery.CREATE, {"input": {"name": "A", "picture": "no base64"}}, 400),
    ],
)
def test_queries_that_are_refused(query: str, variables: dict[str, Any], code: int):
    home = Home()
    with pytest.raises(MexRefused) as caught:
        home.mex(query, variables)
    assert caught.value.server_code == code


def test_what_only_owners_and_followers_may():
    home = Home()
    stranger = home.newsletters.create(home.bob, "Other")
    updates = {"newsletter_id": str(home.news.jid), "updates": {"name": "Mine"}}
    own = home.newsletters.create(home.alice, "Own")
    for query, variables in (
        (NewsletterQuery.UPDATE, updates),
        (NewsletterQuery.MUTE, by_id(stranger.jid)),
        (NewsletterQuery.UNFOLLOW, by_id(own.jid)),
    ):
        with pytest.raises(MexRefused) as caught:
            home.mex(query.value, variables)
        assert caught.value.server_code == 403


def test_creation_by_the_names_of_other_clients():
    home = Home()
    home.stage.network.profiles.store_picture = lambda data: (f"/v/{len(data)}", "")
    picture = base64.b64encode(b"jpeg").decode()
    made = home.mex("8823471724422422", {"input": {"name": "Mine", "picture": picture}})
    described = made["xwa2_newsletter_create"]
    assert described["thread_metadata"]["picture"]["direct_path"] == "/v/4"
    assert described["viewer_metadata"]["role"] == "OWNER"


def test_limits():
    home = Home()
    with pytest.raises(InvalidInput):
        home.newsletters.create(home.bob, " ")
    with pytest.raises(NotFound):
        home.newsletters.get(Jid("1", "newsletter"))
