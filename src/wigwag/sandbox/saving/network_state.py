"""What of the network outlives its process: accounts, devices, keys, groups, app state, mailboxes.

Connections, pairings under way, presence and faults do not.
"""

from collections import OrderedDict
from itertools import islice

import msgspec

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.network.appstate import Collection
from wigwag.sandbox.network.directory import (
    Account,
    Device,
    PublicSignedPreKey,
    PublishedKeys,
    Telling,
)
from wigwag.sandbox.network.groups import Group, Member
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.saving.newsletter_state import (
    SavedNewsletter,
    restore_newsletter,
    save_newsletter,
)
from wigwag.wire.client_payload import DeviceDescription
from wigwag.wire.nodes import decode_node, encode_node

SEEN_KEPT = 256
"""Routed message ids that are kept per device, so that a repeated send stays one message."""


class SavedKeys(Value):
    registration_id: int
    identity: bytes
    signed: PublicSignedPreKey
    one_time: dict[int, bytes]


class SavedDevice(Value):
    """`waiting` are the unacknowledged stanzas, as they would go over the wire."""

    number: int
    key_index: int
    noise_public: bytes = b""
    description: DeviceDescription | None = None
    push_name: str = ""
    keys: SavedKeys | None = None
    was_active: bool = False
    last_seen: int = 0
    seen: tuple[tuple[str, ...], ...] = ()
    waiting: tuple[bytes, ...] = ()


class SavedAccount(Value):
    pn: Jid
    lid: Jid
    name: str
    next_device: int
    devices: tuple[SavedDevice, ...]
    about: str = ""
    addressing: str = "lid"
    withheld: tuple[Telling, ...] = ()
    privacy: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    blocked: tuple[Jid, ...] = ()
    status_privacy: str = "contacts"
    status_list: tuple[Jid, ...] = ()
    picture_id: str = ""
    picture_path: str = ""
    timer_s: int = 0
    business: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    watchers: tuple[tuple[Jid, tuple[Jid, ...]], ...] = ()


class SavedMember(Value):
    lid: Jid
    role: str


class SavedGroup(Value):
    jid: Jid
    subject: str
    creator: Jid
    created: int
    members: tuple[SavedMember, ...]
    addressing: str
    subject_set: int
    subject_by: Jid | None
    description: str
    description_id: str
    description_set: int
    announce: bool
    locked: bool
    approval: bool
    ephemeral_s: int
    add_mode: str
    invite: str
    picture_id: str
    version: int
    picture_path: str = ""
    suspended: bool = False
    community: bool = False
    parent: Jid | None = None
    default_subgroup: bool = False
    requests: tuple[tuple[Jid, int], ...] = ()
    personal: tuple[tuple[Jid, str], ...] = ()


class SavedPatches(Value):
    """An app-state collection as the server keeps it."""

    account: Jid
    name: str
    base: int
    snapshot: bytes
    patches: tuple[bytes, ...]
    covers: int = 0


class SavedNetwork(Value):
    accounts: tuple[SavedAccount, ...]
    groups: tuple[SavedGroup, ...]
    collections: tuple[SavedPatches, ...]
    aliases: tuple[tuple[Jid, Jid], ...] = ()
    newsletters: tuple[SavedNewsletter, ...] = ()


# Taking the state.


def export_network(network: Network) -> SavedNetwork:
    directory = network.directory
    return SavedNetwork(
        accounts=tuple(_save_account(account) for account in directory.accounts()),
        groups=tuple(_save_group(group) for group in network.groups.all()),
        collections=tuple(
            SavedPatches(
                account=lid,
                name=name,
                base=collection.base,
                snapshot=collection.snapshot,
                patches=tuple(collection.patches),
                covers=collection.covers,
            )
            for (lid, name), collection in network.collections.all().items()
        ),
        aliases=tuple(directory.aliases().items()),
        newsletters=tuple(save_newsletter(one) for one in network.newsletters.all()),
    )


def _save_account(account: Account) -> SavedAccount:
    return SavedAccount(
        pn=account.pn,
        lid=account.lid,
        name=account.name,
        next_device=account.next_device,
        devices=tuple(_save_device(device) for device in account.devices.values()),
        about=account.about,
        addressing=account.addressing,
        withheld=tuple(sorted(account.withheld)),
        privacy=dict(account.privacy),
        blocked=tuple(account.blocked),
        status_privacy=account.status_privacy,
        status_list=account.status_list,
        picture_id=account.picture_id,
        picture_path=account.picture_path,
        timer_s=account.timer_s,
        business=dict(account.business),
        watchers=tuple((who, tuple(asked)) for who, asked in account.watchers.items()),
    )


def _save_device(device: Device) -> SavedDevice:
    keys = device.keys
    return SavedDevice(
        number=device.number,
        key_index=device.key_index,
        noise_public=device.noise_public,
        description=device.description,
        push_name=device.push_name,
        keys=None
        if keys is None
        else SavedKeys(
            registration_id=keys.registration_id,
            identity=keys.identity,
            signed=keys.signed,
            one_time=dict(keys.one_time),
        ),
        was_active=device.was_active,
        last_seen=device.last_seen,
        seen=tuple(islice(device.seen, max(0, len(device.seen) - SEEN_KEPT), None)),
        waiting=tuple(encode_node(node) for node in device.mailbox.pending()),
    )


def _save_group(group: Group) -> SavedGroup:
    return SavedGroup(
        jid=group.jid,
        subject=group.subject,
        creator=group.creator.lid,
        created=group.created,
        members=tuple(
            SavedMember(lid=lid, role=member.role) for lid, member in group.members.items()
        ),
        addressing=group.addressing,
        subject_set=group.subject_set,
        subject_by=None if group.subject_by is None else group.subject_by.lid,
        description=group.description,
        description_id=group.description_id,
        description_set=group.description_set,
        announce=group.announce,
        locked=group.locked,
        approval=group.approval,
        ephemeral_s=group.ephemeral_s,
        add_mode=group.add_mode,
        invite=group.invite,
        picture_id=group.picture_id,
        version=group.version,
        picture_path=group.picture_path,
        suspended=group.suspended,
        community=group.community,
        parent=group.parent,
        default_subgroup=group.default_subgroup,
        requests=tuple(group.requests.items()),
        personal=tuple(group.personal.items()),
    )


# Putting it back.


def import_network(network: Network, saved: SavedNetwork) -> None:
    """Fill an empty network. Raises WigwagError for a state that contradicts itself."""
    for account in saved.accounts:
        _restore_account(network, account)
    for alias, pn in saved.aliases:
        network.directory.add_alias(alias.user, network.directory.get(pn))
    for group in saved.groups:
        _restore_group(network, group)
    for entry in saved.collections:
        # what was saved before snapshots and patches overlapped
        covers = max(entry.covers, entry.base)
        collection = Collection(entry.base, entry.snapshot, covers, list(entry.patches))
        network.collections.restore(entry.account, entry.name, collection)
    for newsletter in saved.newsletters:
        restore_newsletter(network, newsletter)


def _restore_account(network: Network, saved: SavedAccount) -> None:
    account = network.directory.register(saved.pn.user, saved.lid.user, saved.name)
    account.about = saved.about
    account.addressing = saved.addressing
    account.withheld = set(saved.withheld)
    account.privacy = dict(saved.privacy)
    account.blocked = set(saved.blocked)
    account.status_privacy = saved.status_privacy
    account.status_list = saved.status_list
    account.picture_id = saved.picture_id
    account.picture_path = saved.picture_path
    account.timer_s = saved.timer_s
    account.business = dict(saved.business)
    account.watchers = {who: set(asked) for who, asked in saved.watchers}
    for device in saved.devices:
        _restore_device(network, account, device)
    account.next_device = saved.next_device


def _restore_device(network: Network, account: Account, saved: SavedDevice) -> None:
    device = account.devices.get(saved.number)
    if device is None:
        device = network.directory.make_device(account, saved.number)
        network.directory.adopt(device)
    device.key_index = saved.key_index
    device.noise_public = saved.noise_public
    device.description = saved.description
    device.push_name = saved.push_name
    device.was_active = saved.was_active
    device.last_seen = saved.last_seen
    device.seen = OrderedDict.fromkeys(saved.seen)
    if saved.keys is not None:
        keys = saved.keys
        device.keys = PublishedKeys(
            keys.registration_id, keys.identity, keys.signed, dict(keys.one_time)
        )
    for raw in saved.waiting:
        device.mailbox.add(decode_node(raw), sent=False)


def _restore_group(network: Network, saved: SavedGroup) -> None:
    find = network.directory.get
    group = Group(saved.jid, saved.subject, find(saved.creator), saved.created)
    for member in saved.members:
        group.members[member.lid] = Member(find(member.lid), member.role)
    group.addressing = saved.addressing
    group.subject_set = saved.subject_set
    group.subject_by = None if saved.subject_by is None else find(saved.subject_by)
    group.description = saved.description
    group.description_id = saved.description_id
    group.description_set = saved.description_set
    group.announce = saved.announce
    group.locked = saved.locked
    group.approval = saved.approval
    group.ephemeral_s = saved.ephemeral_s
    group.add_mode = saved.add_mode
    group.invite = saved.invite
    group.picture_id = saved.picture_id
    group.version = saved.version
    group.picture_path = saved.picture_path
    group.suspended = saved.suspended
    group.community = saved.community
    group.parent = saved.parent
    group.default_subgroup = saved.default_subgroup
    group.requests = dict(saved.requests)
    group.personal = dict(saved.personal)
    network.groups.restore(group)
