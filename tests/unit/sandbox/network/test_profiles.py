"""Privacy, blocklist, pictures, media hosts, and the requests that nobody knows."""

from scripted.stage import ScriptedLink, Stage
from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account
from wigwag.sandbox.network.profiles import PROPS
from wigwag.wire.nodes import Node


class Home:
    """Alice with two companions; Bob."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.alice: Account = self.stage.account("15550000001", companions=2)
        self.bob: Account = self.stage.account("15550000002")
        self.link: ScriptedLink = self.stage.connect(self.alice.companions[0])
        self.other: ScriptedLink = self.stage.connect(self.alice.companions[1])

    def ask(self, xmlns: str, *content: Node, kind: str = "get", target: Jid | None = None) -> Node:
        extra = {"target": target} if target is not None else {}
        device = self.alice.companions[0]
        return self.stage.answer(device, self.link, xmlns, *content, kind=kind, **extra)


def test_privacy_settings():
    home = Home()
    change = Node("privacy", {}, [Node("category", {"name": "readreceipts", "value": "none"})])
    home.ask("privacy", change, kind="set")
    told = home.other.one("notification")
    assert told.attr("type") == "account_sync"
    assert told.kids[0].kids[0].attrs == {"name": "readreceipts", "value": "none"}
    settings = home.ask("privacy", Node("privacy")).kids[0]
    values = {kid.attr("name"): kid.attr("value") for kid in settings.kids}
    assert values["readreceipts"] == "none"
    assert set(values) == {
        "readreceipts",
        "profile",
        "status",
        "online",
        "last",
        "groupadd",
        "calladd",
        "messages",
        "defense",
    }
    tokens = Node("tokens", {}, [Node("token", {"jid": home.bob.lid, "type": "trusted_contact"})])
    assert home.ask("privacy", tokens, kind="set").content is None


def test_blocklist():
    home = Home()
    empty = home.ask("blocklist").kids[0]
    assert (empty.tag, empty.kids) == ("list", [])
    assert empty.attr("dhash")
    item = Node("item", {"jid": home.bob.lid, "action": "block", "pn_jid": home.bob.pn})
    listing = home.ask("blocklist", item, kind="set").kids[0]
    assert [kid.attrs for kid in listing.kids] == [{"jid": home.bob.lid}]
    assert listing.attr("dhash") != empty.attr("dhash")
    told = home.other.one("notification").kids[0]
    assert (told.attr("dhash"), told.attr("prev_dhash")) == (
        listing.attr("dhash"),
        empty.attr("dhash"),
    )
    item = Node("item", {"jid": home.bob.lid, "action": "unblock"})
    assert home.ask("blocklist", item, kind="set").kids[0] == empty
    unknown = Node("item", {"jid": Jid("1", "lid"), "action": "block"})
    assert home.ask("blocklist", unknown, kind="set").attr("type") == "error"


def test_pictures():
    home = Home()
    asked = Node("picture", {"query": "url", "type": "preview"})
    missing = home.ask("w:profile:picture", asked, target=home.bob.lid)
    assert missing.kids[0].attrs == {"code": "404", "text": "item-not-found"}
    home.stage.network.profiles.store_picture = lambda data: (f"/v/{len(data)}?a", "")
    picture = Node("picture", {"type": "image"}, b"jpeg")
    stored = home.ask("w:profile:picture", picture, kind="set", target=home.alice.lid).kids[0]
    found = home.ask("w:profile:picture", asked, target=home.alice.pn).kids[0]
    assert found.attrs == {
        "id": stored.attr("id"),
        "type": "preview",
        "url": "https://mmg.whatsapp.net/v/4?a",
        "direct_path": "/v/4?a",
    }
    same = Node("picture", {"query": "url", "id": stored.attr("id")})
    assert home.ask("w:profile:picture", same, target=home.alice.pn).content is None
    refused = home.ask("w:profile:picture", picture, kind="set", target=home.bob.lid)
    assert refused.attr("type") == "error"
    group = home.stage.network.groups.create(home.alice, "Friends")
    home.other.drain()
    home.ask("w:profile:picture", picture, kind="set", target=group.jid)
    told = home.other.one("notification")
    assert (told.attr("type"), told.attrs["from"]) == ("picture", group.jid)
    assert told.kids[0].tag == "set"
    assert told.kids[0].attrs["author"] == home.alice.lid
    assert home.ask("w:profile:picture", asked, target=group.jid).kids[0].attr("id")
    home.ask("w:profile:picture", kind="set", target=home.alice.lid)
    assert home.ask("w:profile:picture", asked, target=home.alice.lid).attr("type") == "error"


def test_media_hosts():
    home = Home()
    conn = home.ask("w:m", Node("media_conn"), kind="set").kids[0]
    assert conn.tag == "media_conn"
    for name in ("ttl", "auth_ttl", "max_buckets"):
        assert conn.attr(name).isdigit()
    assert conn.attr("auth")
    assert [kid.attr("hostname") for kid in conn.kids] == ["mmg.whatsapp.net"]


def test_about_status_privacy_and_business():
    home = Home()
    home.ask("status", Node("status", {}, b"Hi there"), kind="set")
    assert home.alice.about == "Hi there"
    listing = home.ask("status", Node("privacy")).kids[0].kids[0]
    assert listing.attrs == {"type": "contacts", "default": "true"}
    home.alice.status_privacy, home.alice.status_list = "blacklist", (home.bob.pn,)
    listing = home.ask("status", Node("privacy")).kids[0].kids[0]
    assert listing.attr("type") == "blacklist"
    assert listing.kids == [Node("user", {"jid": home.bob.pn})]
    asked = Node("business_profile", {"v": "244"}, [Node("profile", {"jid": home.bob.lid})])
    assert home.ask("w:biz", asked).kids[0].kids[0].attrs == {"jid": home.bob.lid}


def test_props_are_told_once_for_each_hash():
    home = Home()
    (props,) = home.ask("abt", Node("props", {"protocol": "1"})).kids
    found = {kid.attr("config_code"): kid.attr("config_value") for kid in props.kids}
    assert found == PROPS
    again = home.ask("abt", Node("props", {"protocol": "1", "hash": props.attr("hash")})).kids[0]
    assert (again.kids, again.attr("delta_update")) == ([], "true")


def test_an_unknown_request_gets_an_empty_result_and_is_counted():
    home = Home()
    answer = home.ask("w:unheard:of", Node("what"))
    assert (answer.attr("type"), answer.content) == ("result", None)
    assert home.stage.network.counters["unknown_iq"] == 1
    for xmlns in ("w:p", "urn:xmpp:whatsapp:dirty", "urn:xmpp:whatsapp:push", "w"):
        assert home.ask(xmlns).attr("type") == "result"
    home.stage.network.handle(home.alice.companions[0].lid, Node("iq", {"xmlns": "w:p"}))
    assert home.stage.network.counters["iq_without_id"] == 1
    home.stage.network.handle(home.alice.companions[0].lid, Node("surprise"))
    assert home.stage.network.counters["unknown_stanza"] == 1
