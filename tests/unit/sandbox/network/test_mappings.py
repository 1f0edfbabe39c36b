"""Who is whom: withheld, told late, changed."""

import pytest

from scripted.stage import Stage
from scripted.usync import query, users_of
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Telling
from wigwag.sandbox.network.mappings import MappingNotice
from wigwag.wire.nodes import Node


def lid_of(stage: Stage, asker: Account, about: Account) -> bool:
    """Whether a query tells the LID."""
    device = asker.companions[0]
    link = stage.connect(device)
    asked = query([Node("lid")], [Node("user", {"jid": about.pn})])
    (user,) = users_of(stage.answer(device, link, "usync", asked))
    return user.child("lid") is not None


@pytest.mark.parametrize("way", Telling)
def test_each_way_is_withheld_by_itself(way: Telling) -> None:
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    bob.withheld = {way}
    assert not bob.mapping_withheld
    group = stage.network.groups.create(alice, "Us", [bob])
    member = stage.network.groups.participant(group, bob)
    assert ("phone_number" in member.attrs) == (way is not Telling.GROUPS)
    assert lid_of(stage, alice, bob) == (way is not Telling.USYNC)
    link = stage.connect(alice.companions[0])
    stage.network.groups.set_subject(group, bob, "You")
    told = link.all("notification")[-1]
    assert ("participant_pn" in told.attrs) == (way is not Telling.ATTRIBUTES)


def test_all_ways_together_make_a_hidden_person() -> None:
    account = Stage().account("15550000001")
    account.mapping_withheld = True
    assert account.withheld == set(Telling)
    account.mapping_withheld = False
    assert not account.withheld


@pytest.mark.parametrize("notice", MappingNotice)
def test_a_notification_names_both_addresses(notice: MappingNotice) -> None:
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    link = stage.connect(alice.companions[0])
    stage.network.mappings.tell(bob, alice, notice)
    told = link.one("notification")
    assert (told.attr("type"), told.attrs["from"]) == (notice.value, bob.pn)
    names = {**told.attrs, **told.kids[0].attrs}
    assert bob.lid in (names.get("lid"), names.get("sender_lid"), names.get("new_lid"))


def test_a_changed_number_keeps_everything_else() -> None:
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("15550000002")
    directory = stage.network.directory
    directory.add_alias("5550000002", bob)
    device, order = bob.companions[0], [account.lid for account in directory.accounts()]
    link = stage.connect(alice.companions[0])
    old = bob.pn
    stage.network.mappings.change_number(bob, "+1 555 000 0009")
    assert bob.phone == "15550000009"
    assert directory.find(old) is None
    assert directory.find(bob.pn) is directory.find(bob.lid) is bob
    assert directory.find_device(bob.pn.with_device(1)) is device
    assert directory.find_phone("15550000009") is bob
    assert directory.get("5550000002") is bob
    assert [account.lid for account in directory.accounts()] == order
    modify = link.one("notification").kids[0]
    assert modify.attrs == {"old": old, "new": bob.pn, "old_lid": bob.lid, "new_lid": bob.lid}
    with pytest.raises(InvalidInput):
        stage.network.mappings.change_number(bob, alice.phone)
    with pytest.raises(NotFound):
        directory.get(old)


def test_another_way_to_write_a_number_is_no_address() -> None:
    stage = Stage()
    alice, bob = stage.account("15550000001"), stage.account("551187654321")
    stage.network.directory.add_alias("5511987654321", bob)
    device = alice.companions[0]
    link = stage.connect(device)
    users = [Node("user", {"jid": jid}) for jid in (Jid("5511987654321", "s.whatsapp.net"), bob.pn)]
    asked = query([Node("lid")], users)
    other, own = users_of(stage.answer(device, link, "usync", asked))
    assert other.kids == []
    assert own.kids != []
