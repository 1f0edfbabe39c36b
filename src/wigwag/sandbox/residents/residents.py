"""Everybody who lives on the network: phones and people, by phone number."""

from collections.abc import Mapping
from typing import TypeVar

from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid, parse_recipient
from wigwag.sandbox.chance import Chance
from wigwag.sandbox.network.directory import Account
from wigwag.sandbox.residents.correspondent import Correspondent
from wigwag.sandbox.residents.keyring import Keyring
from wigwag.sandbox.residents.person import Behaviour, Person, SavedPerson
from wigwag.sandbox.residents.phone import Phone, SavedPhone
from wigwag.sandbox.residents.surroundings import Surroundings

_FIRST_NUMBER = 15550100000

_Found = TypeVar("_Found", bound=Correspondent)


class Residents:
    """Makes, keeps, finds and restores the residents of one network."""

    def __init__(self, surroundings: Surroundings, chance: Chance) -> None:
        self.phones: dict[str, Phone] = {}
        self.people: dict[str, Person] = {}
        self._surroundings = surroundings
        self._network = surroundings.network
        self._chance = chance

    def all(self) -> list[Correspondent]:
        companions = [one for person in self.people.values() for one in person.companions.values()]
        return [*self.phones.values(), *self.people.values(), *companions]

    # -- finding --

    def phone(self, who: str | Jid) -> Phone:
        return self._find(self.phones, who, "There is no simulated phone with that number.")

    def person(self, who: str | Jid) -> Person:
        return self._find(self.people, who, "There is no person with that number in the sandbox.")

    def correspondent(self, who: str | Jid) -> Correspondent:
        everybody: dict[str, Correspondent] = {**self.phones, **self.people}
        return self._find(everybody, who, "There is nobody with that number in the sandbox.")

    def _find(self, residents: Mapping[str, _Found], who: str | Jid, sentence: str) -> _Found:
        jid = parse_recipient(who) if isinstance(who, str) else who
        account = self._network.directory.find(jid)
        found = residents.get(account.phone) if account is not None else None
        if found is None:
            raise NotFound(sentence)
        return found

    # -- moving in --

    def add_phone(self, phone: str | None, name: str) -> Phone:
        """Raises InvalidInput when the number is taken."""
        account = self._network.register_account(phone or self._free_number(), None, name)
        made = self._make_phone(account, None, clean=True)
        self._network.attach(account.lid, made)
        made.introduce()
        return made

    def add_person(
        self, name: str, phone: str | None, behaviour: Behaviour, *, lid_only: bool
    ) -> Person:
        """Raises InvalidInput when the number is taken."""
        account = self._network.register_account(phone or self._free_number(), None, name)
        account.mapping_withheld = lid_only
        made = self._make_person(account, None, behaviour, lid_only=lid_only, clean=True)
        self._network.attach(account.lid, made)
        made.publish_keys()
        return made

    def change_number(self, one: Person, phone: str) -> None:
        """Somebody takes another number. Raises InvalidInput when it is taken."""
        account = self._network.directory.get(one.lid)
        old = account.phone
        self._network.mappings.change_number(account, phone)
        one.take_number(account.pn)
        self.people[account.phone] = self.people.pop(old)

    def restore_phone(self, saved: SavedPhone, *, clean: bool) -> None:
        """Bring back a phone whose account is on the network; it is not attached yet."""
        account = self._network.directory.get(saved.correspondent.lid)
        self._make_phone(account, saved, clean=clean).restore_phone(saved)

    def restore_person(self, saved: SavedPerson, *, clean: bool) -> None:
        """Bring back a person whose account is on the network; it is not attached yet."""
        account = self._network.directory.get(saved.correspondent.lid)
        made = self._make_person(
            account, saved, saved.behaviour, lid_only=saved.lid_only, clean=clean
        )
        made.restore_person(saved, clean=clean)

    def attach_all(self) -> None:
        """Let everybody hear what came while they were away, once all are there."""
        for one in self.all():
            self._network.attach(one.lid, one)

    # -- inside --

    def _make_phone(self, account: Account, saved: SavedPhone | None, *, clean: bool) -> Phone:
        stream = self._chance.stream(account.phone)
        keys = saved.correspondent.keyring if saved is not None else None
        keyring = Keyring.restore(keys, stream, clean=clean) if keys else Keyring.create(stream)
        made = Phone(
            self._surroundings, account.lid, account.pn, keyring, stream, name=account.name
        )
        self.phones[account.phone] = made
        return made

    def _make_person(
        self,
        account: Account,
        saved: SavedPerson | None,
        behaviour: Behaviour,
        *,
        lid_only: bool,
        clean: bool,
    ) -> Person:
        stream = self._chance.stream(account.phone)
        keys = saved.correspondent.keyring if saved is not None else None
        keyring = Keyring.restore(keys, stream, clean=clean) if keys else Keyring.create(stream)
        made = Person(
            self._surroundings,
            account.lid,
            account.pn,
            keyring,
            stream,
            name=account.name,
            behaviour=behaviour,
            lid_only=lid_only,
        )
        self.people[account.phone] = made
        return made

    def _free_number(self) -> str:
        number = _FIRST_NUMBER + len(self.phones) + len(self.people) + 1
        while self._network.directory.find_phone(str(number)) is not None:
            number += 1
        return str(number)
