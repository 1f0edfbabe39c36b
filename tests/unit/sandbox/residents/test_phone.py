"""The simulated phone: pairing both ways, what it shares by itself, and its own messages."""

import pytest

from scripted.neighbours import Companion, Neighbourhood
from wigwag.model.content import Text
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.pairing import PairingRefused
from wigwag.wire.errors import PairingFailure
from wigwag.wire.nodes import Node
from wigwag.wire.protocol_messages import AppStateKeyRequest, AppStateKeyShare, encode_protocol


def test_scanning_links_a_companion(hood: Neighbourhood) -> None:
    owner = hood.phone()
    outcomes: list[object] = []
    owner.on_linked = outcomes.append
    companion = Companion(hood)
    owner.scan(companion.show_qr())
    assert owner.pairing
    companion.finish_pairing()
    assert not owner.pairing
    assert companion.identity is not None
    assert companion.identity.account_signature_key == owner.keyring.local.identity.public
    assert owner.companions == [owner.lid.with_device(1)] == [companion.device.lid]
    assert outcomes == [hood.network.directory.get_device(companion.device.lid)]
    companion.log_in()
    assert isinstance(companion.device.parts[0], AppStateKeyShare)


def test_typing_a_code_links_a_companion(hood: Neighbourhood) -> None:
    owner = hood.phone()
    companion = Companion(hood)
    code = companion.show_code(owner.phone)
    owner.enter_code(f"{code[:4]}-{code[4:].lower()}")
    companion.answer_primary()
    companion.finish_pairing()
    assert owner.companions == [companion.device.lid]


def test_a_wrong_code_links_nobody(hood: Neighbourhood) -> None:
    owner = hood.phone()
    outcomes: list[object] = []
    owner.on_linked = outcomes.append
    companion = Companion(hood)
    companion.show_code(owner.phone)
    owner.enter_code("AAAA1111")
    companion.answer_primary()
    assert outcomes == [None]
    assert owner.companions == []
    assert not owner.pairing


def test_there_must_be_a_companion_that_waits(hood: Neighbourhood) -> None:
    with pytest.raises(NotFound):
        hood.phone().enter_code("ABCD1234")


@pytest.mark.parametrize("qr", ["", "hello", "https://wa.me/settings/linked_devices#x,y,z"])
def test_what_is_no_pairing_code_is_refused(hood: Neighbourhood, qr: str) -> None:
    with pytest.raises(PairingFailure):
        hood.phone().scan(qr)


def test_a_code_is_scanned_once(hood: Neighbourhood) -> None:
    owner, companion = hood.phone(), Companion(hood)
    qr = companion.show_qr()
    owner.scan(qr)
    companion.finish_pairing()
    with pytest.raises(PairingRefused):
        owner.scan(qr)


def test_own_messages_go_to_the_companion(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    companion = hood.companion(owner)
    owner.send_text(bob.phone, "typed on the phone")
    (entry,) = companion.device.inbox.entries()
    assert (entry.text, entry.from_me, entry.chat) == ("typed on the phone", True, bob.lid)
    assert entry.sender == owner.lid
    assert bob.inbox.entries()[0].text == "typed on the phone"


def test_messages_of_the_companion_reach_phone_and_peer(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    companion = hood.companion(owner)
    companion.device.send_text(bob.phone, "from the companion")
    (on_phone,) = owner.inbox.entries()
    assert (on_phone.text, on_phone.chat, on_phone.from_me) == (
        "from the companion",
        bob.lid,
        True,
    )
    assert on_phone.device == 1
    bob.send_text(owner.phone, "reply")
    assert [entry.text for entry in companion.device.inbox.entries()] == ["reply"]


def test_a_note_to_self_reaches_every_own_device(hood: Neighbourhood) -> None:
    owner = hood.phone()
    first, second = hood.companion(owner), hood.companion(owner)
    owner.send_text(owner.phone, "milk, bread")
    for companion in (first, second):
        (entry,) = companion.device.inbox.entries()
        assert (entry.text, entry.chat, entry.from_me) == ("milk, bread", owner.lid, True)


def test_groups_reach_companions(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    companion = hood.companion(owner)
    group = hood.group("Both", owner, bob)
    bob.send_text(group.jid, "to the group")
    owner.send_text(group.jid, "from the phone")
    assert [entry.text for entry in companion.device.inbox.entries()] == [
        "to the group",
        "from the phone",
    ]


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_companion_asks_its_phone_again(hood: Neighbourhood, damaged: int) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    companion = hood.companion(owner)
    device = str(companion.device.pn)
    hood.network.faults.add(Fault(kind=FaultKind.GARBLE, target=device, count=damaged))
    owner.send_text(bob.phone, "typed on the phone")
    (entry,) = companion.device.inbox.entries()
    assert (entry.text, entry.chat, entry.from_me) == ("typed on the phone", bob.lid, True)


def test_a_damaged_peer_message_is_sent_again(hood: Neighbourhood) -> None:
    owner = hood.phone()
    companion = hood.companion(owner)
    companion.device.parts.clear()
    hood.network.faults.add(Fault(kind=FaultKind.GARBLE, target=str(companion.device.pn)))
    owner.share_keys(companion.device.lid)
    (share,) = companion.device.parts
    assert isinstance(share, AppStateKeyShare)


def test_keys_are_shared_on_request(hood: Neighbourhood) -> None:
    owner = hood.phone()
    companion = hood.companion(owner)
    new = owner.app_state.rotate_key()
    companion.device.parts.clear()
    request = encode_protocol(AppStateKeyRequest(key_ids=(new.key_id,)))
    companion.device.send_peer(owner.lid, request)
    (share,) = companion.device.parts
    assert share == AppStateKeyShare(keys=(new,))


def test_unlinking_ends_one_or_all(hood: Neighbourhood) -> None:
    owner = hood.phone()
    first, second, third = (hood.companion(owner) for _ in range(3))
    owner.unlink(first.device.pn)
    assert owner.companions == [second.device.lid, third.device.lid]
    assert first.device.closed
    with pytest.raises(NotFound):
        owner.unlink(first.device.lid)
    owner.unlink()
    assert owner.companions == []


def test_a_phone_cannot_be_unlinked_from_itself(hood: Neighbourhood) -> None:
    owner = hood.phone()
    with pytest.raises(NotFound):
        owner.unlink(owner.lid)


def test_peer_messages_of_strangers_are_ignored(hood: Neighbourhood) -> None:
    """Only an own device may ask for keys or history."""
    owner, eve = hood.phone(), hood.person("Eve")
    request = encode_protocol(AppStateKeyRequest(key_ids=()))
    eve.send_message(owner.lid, request)
    assert len(eve.inbox) == 0
    assert owner.counters["peer_ignored"] == 0


def test_a_removed_companion_gets_nothing_more(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    companion = hood.companion(owner)
    bob.send_text(owner.phone, "before")
    owner.unlink()
    bob.send_text(owner.phone, "after")
    assert [entry.text for entry in companion.device.inbox.entries()] == ["before"]
    assert [entry.text for entry in owner.inbox.entries()] == ["before", "after"]


def test_a_second_pairing_gets_a_new_number(hood: Neighbourhood) -> None:
    owner = hood.phone()
    hood.companion(owner)
    owner.unlink()
    again = hood.companion(owner)
    assert again.device.lid == Jid(owner.lid.user, "lid", 2)
    owner.send(hood.person("Bob").phone, Text(text="hello"))
    assert [entry.text for entry in again.device.inbox.entries()] == ["hello"]


def test_a_stray_notification_is_ignored(hood: Neighbourhood) -> None:
    owner = hood.phone()
    request = Node("link_code_companion_reg", {"stage": "companion_finish"})
    owner.receive(Node("notification", {"type": "link_code_companion_reg"}, [request]))
    owner.receive(Node("notification", {"type": "link_code_companion_reg"}))
    assert owner.companions == []
