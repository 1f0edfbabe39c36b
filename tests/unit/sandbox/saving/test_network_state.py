"""The network's state goes out and comes back the same."""

import random

import msgspec

from scripted.neighbours import Neighbourhood
from wigwag.model.jid import STATUS_JID
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.saving.network_state import (
    SEEN_KEPT,
    SavedNetwork,
    export_network,
    import_network,
)


def furnish(hood: Neighbourhood) -> None:
    """One of everything."""
    owner, bob = hood.phone(), hood.person("Bob")
    hidden = hood.person("Hidden", lid_only=True)
    companion = hood.companion(owner)
    hood.network.disconnect(companion.device.lid, companion.device)
    group = hood.group("All", owner, bob, hidden)
    groups, account = hood.network.groups, hood.network.directory.get(bob.lid)
    groups.set_subject(group, account, "Renamed")
    groups.set_description(group, account, "About us", "v1")
    groups.change_members(group, account, "promote", [account])
    group.announce = group.locked = group.approval = True
    group.ephemeral_s = 86_400
    account.about = "Hey there"
    account.timer_s, account.business = 60, {"email": "shop@example.com"}
    account.addressing = "pn"
    account.privacy["last"] = "none"
    account.blocked.add(hidden.lid)
    account.watchers[companion.device.lid] = {bob.lid, bob.pn}
    hood.network.directory.add_alias("4915100000999", account)
    hood.network.collections.set_snapshot(owner.account, "critical_block", 1, b"snapshot")
    newsletters = hood.network.newsletters
    news = newsletters.create(account, "News", "All of it")
    newsletters.follow(news, owner.account)
    post = newsletters.publish(news, b"x", kind="media", media_type="image")
    newsletters.react(news, post, owner.account, "+")
    newsletters.view(news, [post.server_id], owner.account)
    bob.send_text(owner.phone, "waits for the companion")
    owner.send_text(STATUS_JID, "so does this")


def copy(saved: SavedNetwork) -> Network:
    """Through JSON, as the file is."""
    network = Network(random=random.Random(1))
    import_network(network, msgspec.json.decode(msgspec.json.encode(saved), type=SavedNetwork))
    return network


def test_everything_comes_back(hood: Neighbourhood) -> None:
    furnish(hood)
    saved = export_network(hood.network)
    network = copy(saved)
    again = export_network(network)
    assert again == saved
    (group,) = network.groups.all()
    assert network.groups.find_invite(group.invite) is group
    account = network.directory.get("4915100000999")
    assert account.name == "Bob"
    (companion,) = network.directory.accounts()[0].companions
    assert len(companion.mailbox) >= 2
    assert companion.noise_public
    assert companion.description is not None


def test_device_numbers_are_not_used_twice(hood: Neighbourhood) -> None:
    owner = hood.phone()
    hood.companion(owner)
    owner.unlink()
    network = copy(export_network(hood.network))
    account = network.directory.get(owner.lid)
    assert account.companions == []
    assert account.next_device == 2


def test_what_was_routed_stays_known_within_bounds(hood: Neighbourhood) -> None:
    ann, bob = hood.person("Ann"), hood.person("Bob")
    ids = ann.send_many(bob.phone, [str(number) for number in range(SEEN_KEPT + 50)])
    network = copy(export_network(hood.network))
    seen = {key[0] for key in network.directory.get_device(ann.lid).seen}
    assert len(seen) == SEEN_KEPT
    assert ids[-1] in seen
    assert ids[0] not in seen
