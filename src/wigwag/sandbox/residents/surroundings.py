"""What a resident device asks of the network it lives in.

A client would ask by <iq> and wait; a resident lives in the same process, so it looks things up.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from wigwag.model.errors import NotFound
from wigwag.model.jid import SERVER_JID, STATUS_JID, Jid, parse_recipient
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.network import Network, PublicPreKey, PublicSignedPreKey
from wigwag.sandbox.residents.attachments import MediaDesk
from wigwag.sandbox.residents.bundles import bundle_from_node
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import Node
from wigwag.wire.signal.keys import PreKey, PreKeyBundle

_AUDIENCE = 1_000
"""Accounts that a status goes to, and that hear of a new identity, at most."""


class Surroundings:
    """The view of the network that residents share."""

    def __init__(self, network: Network, media: MediaDesk) -> None:
        self.network = network
        self.media = media
        self.echoing: set[Jid] = set()
        """Those who answer by themselves, and so do not answer each other."""
        self.handle: Callable[[Jid, Node], None] = network.handle

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.network.board.now(), UTC)

    # Addresses.

    def resolve(self, who: str | Jid) -> Jid:
        """The address to send to: a bare LID, a group or the status list.

        Raises MalformedJid, or NotFound for who is not on this network.
        """
        jid = parse_recipient(who) if isinstance(who, str) else who.bare
        if jid == STATUS_JID:
            return jid
        if jid.is_group:
            return self.network.groups.get(jid).jid
        account = self.network.directory.find(jid)
        if account is None:
            raise NotFound("Nobody on this network has that address.")
        return account.lid

    def device_lid(self, jid: Jid) -> Jid:
        """The LID of a device or person given by either address; as it is when unknown."""
        if jid.is_lid:
            return jid
        device = self.network.directory.find_device(jid)
        if device is not None:
            return device.lid
        account = self.network.directory.find(jid)
        return account.lid.with_device(jid.device) if account is not None else jid

    def public_address(self, jid: Jid) -> Jid:
        """The phone number of a person as others may know it, else the LID; other chats as is."""
        account = self.network.directory.find(jid) if jid.is_person else None
        if account is None:
            return jid.bare
        return account.lid if account.mapping_withheld else account.pn

    def devices_of(self, user: Jid) -> list[Jid]:
        """The devices of a person, by LID; empty for an unknown one."""
        account = self.network.directory.find(user)
        return [] if account is None else [device.lid for device in account.devices.values()]

    def members_of(self, group: Jid) -> list[Jid]:
        """The members of a group, by LID. Raises NotFound."""
        return list(self.network.groups.get(group).members)

    def audience_of(self, user: Jid) -> list[Jid]:
        """Who sees the statuses of `user`: everyone on this network, itself included."""
        others = [account.lid for account in self.network.directory.accounts()[:_AUDIENCE]]
        return others if user in others else [*others, user]

    # Keys.

    def take_bundle(self, device: Jid) -> PreKeyBundle | None:
        """Fetch the prekeys of a device; None when it has none. Uses up a one-time prekey."""
        owner = self.network.directory.find_device(device)
        if owner is None:
            return None
        wanted = Node("key", {}, [Node("user", {"jid": device})])
        iq = Node("iq", {"id": "0", "type": "get", "xmlns": "encrypt", "to": SERVER_JID}, [wanted])
        found = self.network.prekeys.answer(owner, iq).child("list")
        user = found.child("user") if found is not None else None
        if user is None or user.child("error") is not None:
            return None
        try:
            return bundle_from_node(user)
        except WireError:
            return None

    def publish(self, device: Jid, keyring: Keyring, one_time: Sequence[PreKey]) -> None:
        signed = keyring.signed
        self.network.publish_keys(
            device,
            keyring.local.registration_id,
            keyring.local.identity.public,
            PublicSignedPreKey(signed.id, signed.pair.public, signed.signature),
            [PublicPreKey(prekey.id, prekey.pair.public) for prekey in one_time],
        )

    def announce_identity(self, user: Jid) -> None:
        """Tell everyone else that the identity key of `user` is a new one."""
        account = self.network.directory.get(user)
        if self.network.faults.take(FaultKind.IDENTITY_SILENT, account.lid, account.pn):
            return
        notice = Node("notification", {"type": "encrypt", "from": user}, [Node("identity")])
        for jid in self._others(user):
            for device in self.devices_of(jid):
                self.network.push(device, notice)

    def _others(self, user: Jid) -> Iterable[Jid]:
        return (jid for jid in self.audience_of(user) if jid != user)
