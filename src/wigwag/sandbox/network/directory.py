"""Who is on the network: accounts, their two addresses and their devices."""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import LEGACY_SERVER, LID_SERVER, PN_SERVER, Jid, parse_recipient
from wigwag.sandbox.network.links import Link, Resident
from wigwag.sandbox.network.mailbox import Mailbox
from wigwag.wire.client_payload import DeviceDescription

MAX_DEVICE = 99
"""Highest device number that the network gives out; numbers are never used twice."""


class Telling(StrEnum):
    """A way in which others learn that two addresses are one person."""

    ATTRIBUTES = "attributes"
    """`sender_pn`, `participant_pn`, `peer_recipient_pn` and the like on stanzas."""
    USYNC = "usync"
    """Answers to queries about the person."""
    GROUPS = "groups"
    """`phone_number` and the like in lists of participants."""
    PHONE = "phone"
    """The phones of others: history and address books."""


class PublicPreKey(NamedTuple):
    """The public half of a one-time prekey (32 bytes, without type byte)."""

    id: int
    public: bytes


class PublicSignedPreKey(NamedTuple):
    """The public half of a signed prekey; the signature (64 bytes) is over 05 and the key."""

    id: int
    public: bytes
    signature: bytes


@dataclass(slots=True, eq=False)
class PublishedKeys:
    """What a device uploaded, for others to start Signal sessions with it."""

    registration_id: int
    identity: bytes
    signed: PublicSignedPreKey
    one_time: dict[int, bytes] = field(default_factory=dict[int, bytes])


@dataclass(slots=True, eq=False)
class Device:
    """One device of an account: number 0 is the phone, companions count from 1."""

    account: "Account"
    number: int
    lid: Jid
    pn: Jid
    mailbox: Mailbox
    key_index: int = 0
    noise_public: bytes = b""
    description: DeviceDescription | None = None
    """How a companion introduced itself when it was paired."""
    push_name: str = ""
    keys: PublishedKeys | None = None
    link: Link | None = None
    media_host: str = ""
    """What this client is told as media host; empty for WhatsApp's own."""
    resident: Resident | None = None
    active: bool = False
    """Queued stanzas may flow: a resident always, a client from its <active/> on."""
    was_active: bool = False
    on_resume: Callable[[], None] | None = None
    """What goes on when the congested link is free again."""
    available: bool = False
    watched: set[Jid] = field(default_factory=set[Jid])
    """Accounts (by LID) whose presence it subscribed to, for as long as it is connected."""
    last_seen: int = 0
    seen: OrderedDict[tuple[str, ...], None] = field(
        default_factory=OrderedDict[tuple[str, ...], None]
    )
    """What was routed for this sender already, newest last, bounded."""

    @property
    def online(self) -> bool:
        """Something is there to deliver to."""
        return self.link is not None or self.resident is not None

    @property
    def media_token(self) -> str:
        """What the device shows at the media host; it names the device, for the faults."""
        return f"{self.lid.user}.{self.number}"

    @property
    def name(self) -> str:
        """The push name that others see."""
        return self.push_name or self.account.name


@dataclass(slots=True, eq=False)
class Account:
    """One person (or business): a phone number, a hidden address, and what is known of them."""

    pn: Jid
    lid: Jid
    name: str
    devices: dict[int, Device] = field(default_factory=dict[int, Device])
    next_device: int = 1
    about: str = ""
    addressing: str = "lid"
    """`lid` or `pn`: which address others see as the sender of this account's stanzas."""
    withheld: set[Telling] = field(default_factory=set[Telling])
    """The ways in which others are not told that the two addresses are one person."""
    privacy: dict[str, str] = field(default_factory=dict[str, str])
    blocked: set[Jid] = field(default_factory=set[Jid])
    """Blocked accounts, by LID."""
    status_privacy: str = "contacts"
    """Who gets the statuses: `contacts`, `whitelist` or `blacklist`."""
    status_list: tuple[Jid, ...] = ()
    """The people of the whitelist or blacklist."""
    picture_id: str = ""
    picture_path: str = ""
    timer_s: int = 0
    """How long the messages of new chats with this account last; 0 for ever."""
    business: dict[str, str] = field(default_factory=dict[str, str])
    """What a business says of itself, by element: address, email, description, website."""
    watchers: dict[Jid, set[Jid]] = field(default_factory=dict[Jid, set[Jid]])
    """Devices (by LID) that asked for this account's device list, and by which address."""
    subscribers: set[Jid] = field(default_factory=set[Jid])
    """Devices (by LID) that subscribed to this account's presence."""

    def tells(self, way: Telling) -> bool:
        return way not in self.withheld

    @property
    def mapping_withheld(self) -> bool:
        """Others are never told that the two addresses are one person."""
        return len(self.withheld) == len(Telling)

    @mapping_withheld.setter
    def mapping_withheld(self, withheld: bool) -> None:
        self.withheld = set(Telling) if withheld else set()

    @property
    def phone(self) -> str:
        """The phone number: digits in international form."""
        return self.pn.user

    @property
    def primary(self) -> Device:
        return self.devices[0]

    @property
    def companions(self) -> list[Device]:
        return [device for number, device in self.devices.items() if number]

    @property
    def address(self) -> Jid:
        """The address under which others meet this account."""
        return self.pn if self.addressing == "pn" else self.lid

    @property
    def alternative(self) -> Jid:
        """The other address."""
        return self.lid if self.addressing == "pn" else self.pn


class Directory:
    """All accounts and devices, found by either address."""

    def __init__(self, rng: random.Random, mailbox_limit: int, limit: int = 100_000) -> None:
        self._rng = rng
        self._mailbox_limit = mailbox_limit
        self._limit = limit
        self._accounts: dict[Jid, Account] = {}
        self._devices: dict[Jid, Device] = {}
        self._aliases: dict[Jid, Jid] = {}
        self.generation = 0
        """Grows whenever a device comes or goes."""

    def accounts(self) -> list[Account]:
        """Every account once, in order of registration."""
        return [account for jid, account in self._accounts.items() if jid.server == PN_SERVER]

    def register(self, phone: str, lid: str | None, name: str) -> Account:
        """A new account with its primary device. Raises InvalidInput when an address is taken."""
        pn = parse_recipient(phone)
        hidden = parse_recipient(f"{lid.partition('@')[0]}@lid") if lid else self._fresh_lid()
        if pn.server != PN_SERVER:
            raise InvalidInput("An account is registered by its phone number.")
        if pn in self._accounts or hidden in self._accounts:
            raise InvalidInput("This phone number or LID is registered already.")
        if len(self._accounts) >= 2 * self._limit:
            raise InvalidInput("The network is full.")
        account = Account(pn=pn, lid=hidden, name=name or pn.user)
        self._accounts[pn] = account
        self._accounts[hidden] = account
        self.adopt(self.make_device(account, 0))
        return account

    def add_alias(self, phone: str, account: Account) -> None:
        """Another number that leads to the account, as Brazilian numbers without their ninth
        digit do: asked for by it, the server answers with the account's own addresses."""
        self._aliases[parse_recipient(phone)] = account.pn

    def aliases(self) -> dict[Jid, Jid]:
        """The other numbers, and the accounts (by PN) that they lead to."""
        return dict(self._aliases)

    def renumber(self, account: Account, phone: str) -> None:
        """The account has another number from now on. Raises InvalidInput when it is taken."""
        pn = parse_recipient(phone)
        if pn.server != PN_SERVER or pn in self._accounts:
            raise InvalidInput("That is no phone number that is free.")
        self._aliases.pop(pn, None)
        old, account.pn = account.pn, pn
        # in place of the old number, which keeps the order of registration
        self._accounts = {pn if jid == old else jid: known for jid, known in self._accounts.items()}
        for device in account.devices.values():
            self._devices.pop(device.pn, None)
            device.pn = pn.with_device(device.number)
            self._devices[device.pn] = device
        self._aliases = {
            alias: pn if leads_to == old else leads_to for alias, leads_to in self._aliases.items()
        }
        self.generation += 1

    def make_device(self, account: Account, number: int) -> Device:
        """A device that is not on the network yet."""
        return Device(
            account=account,
            number=number,
            lid=account.lid.with_device(number),
            pn=account.pn.with_device(number),
            mailbox=Mailbox(self._mailbox_limit, self.identify),
            key_index=number,
        )

    def adopt(self, device: Device) -> None:
        """Put a device on the network."""
        account, number = device.account, device.number
        account.devices[number] = device
        account.next_device = max(account.next_device, number + 1)
        self._devices[device.lid] = device
        self._devices[device.pn] = device
        self.generation += 1

    def remove_device(self, device: Device) -> None:
        device.account.devices.pop(device.number, None)
        self._devices.pop(device.lid, None)
        self._devices.pop(device.pn, None)
        self.generation += 1
        device.mailbox.clear()

    def find(self, jid: Jid) -> Account | None:
        """The account with this address (any device of it), or None."""
        bare = jid.bare
        if bare.server == LEGACY_SERVER:
            bare = Jid(bare.user, PN_SERVER)
        return self._accounts.get(bare) or self._accounts.get(self._aliases.get(bare, bare))

    def identify(self, jid: Jid) -> Jid:
        """One address for each account, whichever of its addresses is given; others as they are."""
        account = self.find(jid)
        return jid.bare if account is None else account.lid

    def find_phone(self, digits: str) -> Account | None:
        """The account with this phone number, or None."""
        return self._accounts.get(Jid(digits, PN_SERVER))

    def find_device(self, jid: Jid) -> Device | None:
        """The device with this address, or None."""
        return self._devices.get(jid)

    def find_by_token(self, token: str) -> Device | None:
        """The device that the network gave this media token to, or None."""
        user, dot, number = token.partition(".")
        if not dot or not number.isdigit() or len(number) > 2:
            return None
        return self._devices.get(Jid(user, LID_SERVER, int(number)))

    def get(self, who: "Jid | str | Account") -> Account:
        """The account named by a JID, a phone number or itself. Raises NotFound."""
        if isinstance(who, Account):
            return who
        account = self.find(parse_recipient(who) if isinstance(who, str) else who)
        if account is None:
            raise NotFound("There is no such account on this network.")
        return account

    def get_device(self, jid: Jid) -> Device:
        """The device with this address. Raises NotFound."""
        device = self._devices.get(jid)
        if device is None:
            raise NotFound("There is no such device on this network.")
        return device

    def _fresh_lid(self) -> Jid:
        while True:
            jid = Jid(str(self._rng.randrange(10**13, 10**15)), LID_SERVER)
            if jid not in self._accounts:
                return jid
