"""A scripted contact: somebody else's WhatsApp, with a real Signal identity."""

from enum import StrEnum

from wigwag.model.content import Media, Text
from wigwag.model.jid import Jid
from wigwag.model.value import Value
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

    def export_person(self) -> SavedPerson:
        return SavedPerson(
            correspondent=self.export(),
            behaviour=self._behaviour,
            lid_only=self.lid_only,
            sends_receipts=self.sends_receipts,
        )

    def restore_person(self, saved: SavedPerson) -> None:
        self.restore(saved.correspondent)
        self.sends_receipts = saved.sends_receipts


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
