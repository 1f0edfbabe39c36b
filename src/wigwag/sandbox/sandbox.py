"""The sandbox: the emulated network, its listener, and everybody who lives in it."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from wigwag.model.content import Content
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.chance import Chance
from wigwag.sandbox.demo import populate
from wigwag.sandbox.edge.listener import Listener
from wigwag.sandbox.edge.mediahost import MediaHost
from wigwag.sandbox.edge.server_identity import make_server_identity
from wigwag.sandbox.edge.tls import TlsIdentity, make_tls_identity
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import Fault, Faults
from wigwag.sandbox.network.groups import Group
from wigwag.sandbox.network.links import Timer
from wigwag.sandbox.network.network import Network
from wigwag.sandbox.network.newsletters import Newsletter, Post
from wigwag.sandbox.network.schedules import TimedFault
from wigwag.sandbox.network.transcript import Transcript
from wigwag.sandbox.residents.attachments import MediaDesk
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.person import Behaviour, Person
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.residents.residents import Residents
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.sandbox.residents.traits import traits_of
from wigwag.sandbox.saving.network_state import export_network, import_network
from wigwag.sandbox.saving.saved_state import (
    FORMAT,
    SavedSandbox,
    encode_state,
    load_media,
    load_state,
    save_media,
    write_state,
)
from wigwag.sandbox.saving.saver import Saver
from wigwag.wire.content import encode_content

_CERTIFICATE_LIFE_S = 300 * 86_400


class SandboxOptions(Value):
    """Where the network listens, and what it remembers.

    `directory` keeps certificates, media and the state over restarts; without it a temporary one
    is used and removed. With a `seed` everybody's keys follow from it.
    """

    host: str = "127.0.0.1"
    port: int = 0
    directory: Path | None = None
    seed: int | None = None
    save_interval_s: float = 0.5


class Sandbox:
    """A running emulated network, made by `await Sandbox.start(options)`."""

    def __init__(
        self,
        options: SandboxOptions,
        directory: Path,
        now: Callable[[], float],
        timer: Timer | None = None,
    ) -> None:
        self.options = options
        self.directory = directory
        saved = load_state(directory) if options.directory is not None else None
        self.chance = Chance(options.seed, saved)
        self.network = Network(
            now=now,
            random=self.chance.generator("network"),
            timer=timer or asyncio.get_running_loop().call_later,
        )
        self.media = MediaHost(directory / "media", now=now)
        desk = MediaDesk(self.media, self.chance.stream("media"))
        self.surroundings = Surroundings(self.network, desk)
        self.residents = Residents(self.surroundings, self.chance)
        self.noise_root = b""
        self.ca_file = directory / "ca.pem"
        self._listener: Listener | None = None
        self._saver: Saver | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if saved is not None:
            self._restore(saved)

    @classmethod
    async def start(
        cls,
        options: SandboxOptions | None = None,
        now: Callable[[], float] = time.time,
        timer: Timer | None = None,
    ) -> "Sandbox":
        """Open the port; a network that was saved in the directory goes on.

        `now` gives Unix seconds and `timer` does work later: a `VirtualTime` has both.
        Raises InvalidInput when the port is taken, StateUnreadable when the saved state is damaged.
        """
        options = options or SandboxOptions()
        temporary = None
        directory = options.directory
        if directory is None:
            temporary = tempfile.TemporaryDirectory(prefix="wigwag-sandbox-")
            directory = Path(temporary.name)
        directory.mkdir(parents=True, exist_ok=True)
        sandbox = cls(options, directory.resolve(), now, timer)
        sandbox._temporary = temporary
        try:
            await sandbox._open()
        except BaseException:
            await sandbox.stop()
            raise
        return sandbox

    async def _open(self) -> None:
        identity = make_server_identity(
            self.chance.lasting_stream("server"), self.surroundings.now()
        )
        tls = _tls_identity(self.directory)
        self.noise_root = identity.root_public
        self.ca_file = tls.ca_file
        if self.options.directory is not None:
            load_media(self.directory, self.media)
        listener = Listener(
            self.network,
            self.media,
            identity,
            tls.server_context(),
            host=self.options.host,
            port=self.options.port,
        )
        await listener.start()
        self._listener = listener
        if self.options.directory is not None:
            self._saver = Saver(
                self._snapshot, self._write, self._version, self.options.save_interval_s
            )
            self._saver.start()

    async def stop(self) -> None:
        """Close every connection, and save what the next start needs."""
        if self._listener is not None:
            await self._listener.stop()
            self._listener = None
        if self._saver is not None:
            await self._saver.stop()
            self._saver = None
            self._write(self._snapshot(clean=True))
        self.media.close()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    # -- where it is --

    @property
    def listener(self) -> Listener:
        """Raises InvalidInput when the sandbox is stopped."""
        if self._listener is None:
            raise InvalidInput("The sandbox is stopped.")
        return self._listener

    @property
    def proxy_url(self) -> str:
        return self.listener.proxy_url

    @property
    def ws_url(self) -> str:
        return self.listener.ws_url

    @property
    def faults(self) -> Faults:
        return self.network.faults

    def run_schedule(self, schedule: Sequence[TimedFault]) -> None:
        """Put each fault in force at its time from now; those beyond the limit are left out."""
        for timed in schedule:
            self.network.board.later(timed.at_s, lambda fault=timed.fault: self._add_fault(fault))

    def _add_fault(self, fault: Fault) -> None:
        self.faults.add(fault)

    @property
    def transcript(self) -> Transcript:
        return self.network.transcript

    @property
    def groups(self) -> list[Group]:
        return self.network.groups.all()

    # -- who is there --

    @property
    def phones(self) -> dict[str, Phone]:
        """The simulated phones by number."""
        return self.residents.phones

    @property
    def people(self) -> dict[str, Person]:
        """The scripted contacts by number."""
        return self.residents.people

    def phone(self, who: str | Jid) -> Phone:
        """The simulated phone with this number or JID. Raises NotFound."""
        return self.residents.phone(who)

    def person(self, who: str | Jid) -> Person:
        """The person with this number or JID. Raises NotFound."""
        return self.residents.person(who)

    def person_device(self, who: str) -> Correspondent:
        """The person with this number or JID, or with a device number in it (`4915:2`) that
        companion. Raises NotFound."""
        number = who.partition("@")[0].partition(":")[2]
        if not number:
            return self.residents.person(who)
        if not number.isascii() or not number.isdigit() or len(number) > 3:
            raise NotFound("There is no such device in the sandbox.")
        return self.residents.person(who.replace(f":{number}", "", 1)).device(int(number))

    def correspondent(self, who: str | Jid) -> Correspondent:
        """The phone or person with this number or JID. Raises NotFound."""
        return self.residents.correspondent(who)

    # -- who comes --

    def add_phone(self, phone: str | None = None, name: str = "") -> Phone:
        """A new account with a simulated phone. Raises InvalidInput when the number is taken."""
        made = self.residents.add_phone(phone, name)
        made.on_linked = self._linked
        self.hurry()
        return made

    def add_person(
        self,
        name: str,
        phone: str | None = None,
        behaviour: Behaviour = Behaviour.SILENT,
        *,
        lid_only: bool = False,
    ) -> Person:
        """A new scripted contact; of a `lid_only` one nobody learns the phone number.

        Raises InvalidInput when the number is taken.
        """
        made = self.residents.add_person(name, phone, behaviour, lid_only=lid_only)
        self.hurry()
        return made

    def create_group(
        self,
        subject: str,
        participants: Sequence[str | Jid],
        creator: str | Jid | None = None,
        *,
        addressing: str = "lid",
    ) -> Group:
        """A new group of phones and people; the creator is the first of them when none is named.

        Raises NotFound for somebody unknown.
        """
        members = [self.correspondent(who) for who in participants]
        if not members:
            raise InvalidInput("A group has at least one participant.")
        owner = self.correspondent(creator) if creator is not None else members[0]
        find = self.network.directory.get
        others = [find(member.lid) for member in members if member is not owner]
        group = self.network.groups.create(find(owner.lid), subject, others, addressing=addressing)
        self.hurry()
        return group

    def create_newsletter(self, owner: str | Jid, name: str, description: str = "") -> Newsletter:
        """A newsletter of a phone or person. Raises NotFound for somebody unknown."""
        account = self.network.directory.get(self.correspondent(owner).lid)
        made = self.network.newsletters.create(account, name, description)
        self.hurry()
        return made

    def post(self, newsletter: Jid, content: Content) -> Post:
        """What the owner of a newsletter says to all followers; files are uploaded before,
        by `surroundings.media.upload_plain`. Raises NotFound."""
        traits = traits_of(content)
        made = self.network.newsletters.publish(
            self.network.newsletters.get(newsletter),
            encode_content(content),
            kind=traits.type,
            media_type=traits.media_type,
        )
        self.hurry()
        return made

    def populate(self) -> None:
        """Fill an empty network with the demonstration: see `demo`."""
        if not self.phones and not self.people:
            populate(self)
            self.hurry()

    # -- pairing --

    def scan(self, qr: str, phone: str | Jid | None = None) -> Phone:
        """Have a phone scan a companion's QR code.

        Without a number it is the first phone that has no companion, or a new one.
        Raises PairingFailure or PairingRefused.
        """
        owner = self.phone(phone) if phone is not None else self._idle_phone()
        owner.scan(qr)
        return owner

    def _idle_phone(self) -> Phone:
        for phone in self.phones.values():
            if not phone.companions and not phone.pairing:
                return phone
        return self.add_phone()

    async def enter_code(self, code: str, phone: str | Jid) -> Phone:
        """Have a phone type the code that a companion shows.

        Raises PairingFailure, PairingRefused, or NotFound when no companion waits.
        """
        owner = self.phone(phone)
        link = owner.waiting_code()
        hello = await asyncio.to_thread(owner.read_code, code, link)
        owner.answer_code(link, hello)
        return owner

    # -- saving --

    def hurry(self) -> None:
        """Something changed that must outlive a crash: save it soon."""
        if self._saver is not None:
            self._saver.hurry()

    def _version(self) -> int:
        return self.transcript.last_seq + sum(one.version for one in self.residents.all())

    def _snapshot(self, *, clean: bool = False) -> bytes:
        return encode_state(
            SavedSandbox(
                format=FORMAT,
                clean=clean,
                boots=self.chance.boots,
                secret=self.chance.secret,
                network=export_network(self.network),
                phones=tuple(phone.export_phone() for phone in self.phones.values()),
                people=tuple(person.export_person() for person in self.people.values()),
            )
        )

    def _write(self, data: bytes) -> None:
        write_state(self.directory, data)
        save_media(self.directory, self.media)

    def _restore(self, saved: SavedSandbox) -> None:
        import_network(self.network, saved.network)
        for phone in saved.phones:
            self.residents.restore_phone(phone, clean=saved.clean)
        for person in saved.people:
            self.residents.restore_person(person, clean=saved.clean)
        for phone in self.phones.values():
            phone.on_linked = self._linked
        self.residents.attach_all()

    def _linked(self, _device: Device | None) -> None:
        self.hurry()


def _tls_identity(directory: Path) -> TlsIdentity:
    """The certificates in `directory`, made anew when they are missing, damaged or old."""
    known = TlsIdentity(directory / "ca.pem", directory / "server.pem")
    try:
        if time.time() - known.leaf_file.stat().st_mtime < _CERTIFICATE_LIFE_S:
            known.server_context()
            return known
    except OSError:  # ssl.SSLError is one, too
        pass
    return make_tls_identity(directory)
