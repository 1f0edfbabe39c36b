"""A scripted contact: somebody else's WhatsApp, with a real Signal identity."""

from enum import StrEnum

from wigwag.model.content import Media, Text
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.companion import Companion, SavedCompanion, vouch
from wigwag.sandbox.residents.correspondent import Correspondent, SavedCorrespondent
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.inbox import InboxEntry
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.surroundings import Surroundings


class Behaviour(StrEnum):
    SILENT = "silent"
    """Reads and acknowledges; says nothing by itself."""
    ECHO = "echo"
    """Answers a text by the same text, and a file by the same file."""


class SavedPerson(Value):
    """What is saved of a person."""

    correspondent: SavedCorrespondent
    behaviour: Behaviour
    lid_only: bool
    sends_receipts: bool = True
    companions: tuple[SavedCompanion, ...] = ()


class Person(Correspondent):
    """Somebody on the network. Two echoing people do not answer each other."""

    def __init__(
        self,
        surroundings: Surroundings,
        lid: Jid,
        pn: Jid,
        keyring: Keyring,
        random: Random,
        *,
        name: str = "",
        behaviour: Behaviour = Behaviour.SILENT,
        lid_only: bool = False,
    ) -> None:
        super().__init__(surroundings, lid, pn, keyring, random, name=name)
        self.lid_only = lid_only
        self.behaviour = behaviour
        self.companions: dict[int, Companion] = {}
        """The linked devices by number."""

    @property
    def behaviour(self) -> Behaviour:
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        echoing = self.surroundings.echoing
        (echoing.add if behaviour is Behaviour.ECHO else echoing.discard)(self.lid)

    def on_entry(self, entry: InboxEntry) -> None:
        if self._behaviour is not Behaviour.ECHO or entry.from_me or entry.chat.is_status:
            return
        if entry.sender in self.surroundings.echoing:
            return
        content = entry.content
        if isinstance(content, Text) and content.text:
            self.send(entry.chat, Text(text=content.text))
        elif isinstance(content, Media) and content.ref is not None:
            self.send(entry.chat, _again(content))

    # Several devices.

    def device(self, number: int) -> Correspondent:
        """The phone (0) or a companion. Raises NotFound."""
        found = self.companions.get(number) if number else self
        if found is None:
            raise NotFound("This person has no such device.")
        return found

    def link_companion(self) -> Companion:
        """Link one more device; everybody is told. Raises InvalidInput when there are too many."""
        network = self.surroundings.network
        device = network.pairing.add_companion(network.directory.get(self.lid))
        keyring = Keyring.create(self._random)
        identity = vouch(
            self.keyring.local.identity,
            keyring.local.identity,
            device.number,
            self.surroundings.now(),
            self._random,
        )
        made = self._move_in(device.number, keyring, identity)
        network.attach(made.lid, made)
        made.publish_keys()
        network.usync.tell_device_added(device)
        self.changed()
        return made

    def unlink_companion(self, number: int) -> None:
        """A device is gone for good. Raises NotFound."""
        if number not in self.companions:
            raise NotFound("This person has no such companion.")
        gone = self.companions.pop(number)
        self.surroundings.network.remove_device(gone.lid)
        for other in (self, *self.companions.values()):
            other.keyring.forget_session(gone.lid)
        self.changed()

    def take_number(self, pn: Jid) -> None:
        """This person has another phone number from now on."""
        for one in (self, *self.companions.values()):
            one.pn = pn.with_device(one.lid.device)

    def replace_keys(self) -> None:
        for number in list(self.companions):
            self.unlink_companion(number)
        super().replace_keys()

    def _move_in(self, number: int, keyring: Keyring, identity: bytes) -> Companion:
        lid, pn = self.lid.with_device(number), self.pn.with_device(number)
        made = Companion(
            self.surroundings, lid, pn, keyring, self._random, name=self.name, identity=identity
        )
        self.companions[number] = made
        return made

    # Saving.

    def export_person(self) -> SavedPerson:
        return SavedPerson(
            correspondent=self.export(),
            behaviour=self._behaviour,
            lid_only=self.lid_only,
            sends_receipts=self.sends_receipts,
            companions=tuple(one.export_companion() for one in self.companions.values()),
        )

    def restore_person(self, saved: SavedPerson, *, clean: bool) -> None:
        self.restore(saved.correspondent)
        self.sends_receipts = saved.sends_receipts
        for one in saved.companions:
            keyring = Keyring.restore(one.correspondent.keyring, self._random, clean=clean)
            number = one.correspondent.lid.device
            self._move_in(number, keyring, one.identity).restore(one.correspondent)


def _again(media: Media) -> Media:
    """The same file and card, without what it was a reply to."""
    return Media(
        kind=media.kind,
        mime=media.mime,
        ref=media.ref,
        caption=media.caption,
        filename=media.filename,
        width=media.width,
        height=media.height,
        duration_s=media.duration_s,
        pages=media.pages,
        thumbnail=media.thumbnail,
        waveform=media.waveform,
        animated=media.animated,
    )
