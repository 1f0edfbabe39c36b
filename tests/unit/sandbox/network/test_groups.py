"""Groups: what clients ask (w:g2), what members are told (w:gp2)."""

import pytest

from scripted.stage import ScriptedLink, ScriptedResident, Stage
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import GROUP_SERVER, Jid
from wigwag.sandbox.network.directory import Account
from wigwag.sandbox.network.groups import Group
from wigwag.sandbox.network.switchboard import NetworkLimits
from wigwag.wire.nodes import Node

G_US = Jid("", GROUP_SERVER)


class Village:
    """Alice (superadmin), Bob and Carol in a group, one companion each; Dave outside."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.alice, self.bob, self.carol, self.dave = (
            self.stage.account(f"1555000000{n}", name) for n, name in enumerate("abcd", 1)
        )
        self.links: dict[str, ScriptedLink] = {
            account.name: self.stage.connect(account.companions[0])
            for account in (self.alice, self.bob, self.carol, self.dave)
        }
        groups = self.stage.network.groups
        self.group: Group = groups.create(self.alice, "Friends", [self.bob, self.carol])
        self.forget()

    def forget(self) -> None:
        for link in self.links.values():
            link.drain()

    def ask(self, who: Account, *content: Node, kind: str = "set", to: Jid | None = None) -> Node:
        link = self.links[who.name]
        target = to if to is not None else self.group.jid
        return self.stage.answer(who.companions[0], link, "w:g2", *content, kind=kind, to=target)

    def told(self, who: Account) -> Node:
        return self.links[who.name].one("notification")


@pytest.fixture
def village() -> Village:
    return Village()


def participants(*accounts: Account) -> list[Node]:
    return [Node("participant", {"jid": account.lid}) for account in accounts]


def error_of(answer: Node) -> str:
    child = answer.child("error")
    return child.attr("code") if child is not None else ""


def test_creation(village: Village):
    content = [
        *[Node("participant", {"jid": account.pn}) for account in (village.bob, village.dave)],
        Node("participant", {"jid": Jid("19990000000", "s.whatsapp.net")}),
        Node("member_add_mode", {}, "all_member_add"),
        Node("ephemeral", {"expiration": "0"}),
        Node("membership_approval_mode", {}, [Node("group_join", {"state": "off"})]),
    ]
    answer = village.ask(village.alice, Node("create", {"subject": "New"}, list(content)), to=G_US)
    group = answer.kids[0]
    assert group.tag == "group"
    assert group.attr("id").isdigit()
    assert group.attrs["creator"] == village.alice.lid
    assert group.attrs["creator_pn"] == village.alice.pn
    assert (group.attr("subject"), group.attr("addressing_mode")) == ("New", "lid")
    assert group.attr("size") == "3"
    assert [kid.attrs for kid in group.children_with("participant")] == [
        {"jid": village.alice.lid, "phone_number": village.alice.pn, "type": "superadmin"},
        {"jid": village.bob.lid, "phone_number": village.bob.pn},
        {"jid": village.dave.lid, "phone_number": village.dave.pn},
    ]
    assert not village.links["a"].delivered, "the creator's device knows by its answer"
    told = village.told(village.bob)
    assert told.attrs == {
        "type": "w:gp2",
        "from": Jid(group.attr("id"), GROUP_SERVER),
        "participant": village.alice.lid,
        "participant_pn": village.alice.pn,
        "notify": "a",
        "addressing_mode": "lid",
        "id": told.attr("id"),
        "t": "1700000000",
    }
    assert told.kids[0].tag == "create"
    assert told.kids[0].kids[0] == group
    assert len(village.alice.primary.mailbox) == 2


def test_info_and_membership(village: Village):
    query = Node("query", {"request": "interactive"})
    described = village.ask(village.bob, query, kind="get").kids[0]
    assert described == village.stage.network.groups.describe(village.group)
    assert error_of(village.ask(village.dave, query, kind="get")) == "403"
    nowhere = Jid("120363", GROUP_SERVER)
    assert error_of(village.ask(village.bob, query, kind="get", to=nowhere)) == "404"
    listing = Node("participating", {}, [Node("participants"), Node("description")])
    groups = village.ask(village.bob, listing, kind="get", to=G_US).kids[0]
    assert (groups.tag, groups.kids) == ("groups", [described])
    short = village.ask(village.bob, Node("participating"), kind="get", to=G_US).kids[0].kids[0]
    assert not short.children_with("participant")


def test_adding_a_member_tells_old_and_new(village: Village):
    answer = village.ask(village.bob, Node("add", {}, participants(village.dave, village.carol)))
    added, refused = answer.kids[0].kids
    assert "error" not in added.attrs
    assert refused.attr("error") == "409"
    told = village.told(village.alice)
    assert told.attrs["participant"] == village.bob.lid
    assert told.kids[0].tag == "add"
    assert told.kids[0].attrs == {"prev_v_id": "1", "v_id": "2"}
    assert told.kids[0].kids[0].attrs == {
        "jid": village.dave.lid,
        "phone_number": village.dave.pn,
    }
    assert village.told(village.bob).kids[0].tag == "add", "the client's cache follows it"
    welcome = village.told(village.dave).kids[0]
    assert welcome.tag == "create"
    assert welcome.kids[0].attr("size") == "4"


def test_removing_promoting_and_demoting(village: Village):
    refusal = village.ask(village.bob, Node("remove", {}, participants(village.carol)))
    assert error_of(refusal) == "401"
    village.ask(village.alice, Node("promote", {}, participants(village.bob)))
    assert village.told(village.carol).kids[0].tag == "promote"
    assert village.group.members[village.bob.lid].is_admin
    village.ask(village.alice, Node("demote", {}, participants(village.bob)))
    assert not village.group.members[village.bob.lid].is_admin
    village.forget()
    village.ask(village.alice, Node("remove", {}, participants(village.carol)))
    for who in (village.alice, village.bob, village.carol):
        assert village.told(who).kids[0].tag == "remove"
    gone = village.ask(village.alice, Node("remove", {}, participants(village.carol)))
    assert gone.kids[0].kids[0].attr("error") == "404"


def test_leaving(village: Village):
    leave = Node("leave", {}, [Node("group", {"id": village.group.jid})])
    village.ask(village.bob, leave, to=G_US)
    change = village.told(village.alice).kids[0]
    assert (change.tag, change.attr("reason")) == ("remove", "left")
    assert village.bob.lid not in village.group.members
    again = village.ask(village.bob, leave, to=G_US)
    assert again.kids[0].kids[0].attr("error") == "404"


def test_subject_description_and_settings(village: Village):
    village.ask(village.bob, Node("subject", {}, b"Enemies"))
    change = village.told(village.carol).kids[0]
    assert change.attrs == {"subject": "Enemies", "s_t": "1700000000", "s_o": village.bob.lid}
    village.forget()
    village.ask(village.bob, Node("description", {"id": "D1"}, [Node("body", {}, b"long")]))
    change = village.told(village.carol).kids[0]
    assert (change.attr("id"), change.kids[0].data) == ("D1", b"long")
    assert error_of(village.ask(village.bob, Node("announcement"))) == "401"
    village.ask(village.alice, Node("locked"))
    assert error_of(village.ask(village.bob, Node("subject", {}, b"No"))) == "401"
    village.forget()
    village.ask(village.alice, Node("ephemeral", {"expiration": "86400"}))
    assert village.told(village.bob).kids[0].attrs == {"expiration": "86400"}
    village.forget()
    village.ask(village.alice, Node("announcement"))
    assert village.told(village.bob).kids[0].attr("v_id")
    group = village.ask(village.alice, Node("query"), kind="get").kids[0]
    assert {"announcement", "locked", "ephemeral", "description"} <= {k.tag for k in group.kids}
    erase = Node("description", {"id": "D2", "delete": "true"})
    assert error_of(village.ask(village.alice, erase)) == "409", "it follows no version"
    erase.attrs["prev"] = "D1"
    village.ask(village.alice, erase)
    assert village.group.description == ""
    again = Node("description", {"id": "D3"}, [Node("body", {}, b"anew")])
    village.ask(village.alice, again)
    assert village.group.description == "anew", "there was none, and so no version to follow"
    assert error_of(village.ask(village.alice, Node("subject", {}, b""))) == "406"


def test_invite_links(village: Village):
    code = village.ask(village.alice, Node("invite"), kind="get").kids[0].attr("code")
    assert error_of(village.ask(village.bob, Node("invite"), kind="get")) == "401"
    preview = village.ask(village.dave, Node("invite", {"code": code}), kind="get", to=G_US)
    assert preview.kids[0].attr("subject") == "Friends"
    joined = village.ask(village.dave, Node("invite", {"code": code}), to=G_US)
    assert joined.kids[0].attrs == {"jid": village.group.jid}
    assert village.dave.lid in village.group.members
    assert village.ask(village.alice, Node("invite")).kids[0].attr("code") != code
    old = village.ask(village.dave, Node("invite", {"code": code}), to=G_US)
    assert error_of(old) == "410"
    strange = village.ask(village.dave, Node("invite", {"code": "x"}), to=G_US)
    assert error_of(strange) == "406"


def test_who_may_not_be_added_may_come_by_himself(village: Village):
    village.dave.privacy["groupadd"] = "none"
    (added,) = village.ask(village.alice, Node("add", {}, participants(village.dave))).kids[0].kids
    assert added.attr("error") == "403"
    request = added.kids[0]
    asked = Node("query", {}, [Node("add_request", {"code": request.attr("code")})])
    preview = village.ask(village.dave, asked, kind="get")
    assert preview.kids[0].attr("subject") == "Friends"
    assert error_of(village.ask(village.dave, Node("accept", {"code": "wrong"}))) == "403"
    village.ask(village.dave, Node("accept", {"code": request.attr("code")}))
    assert village.dave.lid in village.group.members


def test_what_is_not_understood(village: Village):
    assert error_of(village.ask(village.alice)) == "400"
    assert village.ask(village.alice, Node("strange"), kind="get").attr("type") == "result"
    assert error_of(village.ask(village.alice, Node("sub_groups"), kind="get")) == "404"
    assert village.ask(village.alice, Node("sub_groups"), kind="get", to=G_US).content is None
    assert error_of(village.ask(village.alice, Node("add", {}, [Node("participant")]))) == "400"
    subject = "x" * 200
    assert error_of(village.ask(village.alice, Node("create", {"subject": subject}), to=G_US))


def test_a_group_by_numbers_and_a_withheld_mapping(village: Village):
    village.carol.mapping_withheld = True
    groups = village.stage.network.groups
    group = groups.create(village.alice, "PN", [village.carol], addressing="pn")
    described = groups.describe(group)
    assert described.attrs["creator"] == village.alice.pn
    alice, carol = described.children_with("participant")
    assert alice.attrs["lid"] == village.alice.lid
    assert carol.attrs == {"jid": village.carol.pn}
    told = village.told(village.carol)
    assert told.attrs["participant"] == village.alice.pn
    assert told.attrs["participant_lid"] == village.alice.lid


def test_bounds_and_residents():
    stage = Stage(NetworkLimits(groups=1, members=2))
    alice, bob, carol = (stage.account(f"1555000000{n}") for n in (1, 2, 3))
    groups = stage.network.groups
    with pytest.raises(InvalidInput):
        groups.create(alice, "Big", [bob, carol])
    person = ScriptedResident()
    stage.network.attach(bob.lid, person)
    group = groups.create(alice, "Small", [bob])
    assert person.received[0].kids[0].tag == "create"
    assert groups.change_members(group, alice, "add", [carol]) == []
    with pytest.raises(InvalidInput):
        groups.create(alice, "Second", [])
    with pytest.raises(NotFound):
        groups.get(Jid("1", GROUP_SERVER))
