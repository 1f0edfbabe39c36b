"""What is learnt of people, and of the account itself."""

from typing import Final

from wigwag.core.identity import Recording, plain
from wigwag.core.views import View, account_view, time_view
from wigwag.model.account import AccountState
from wigwag.model.appstate import ContactNamed
from wigwag.model.chat import Contact
from wigwag.model.event import IdentityRenewed
from wigwag.model.jid import Jid, address_pair
from wigwag.model.record import ContactRecord, EventType

MAX_NAME: Final = 256
"""Longer names are cut."""


def note_push_name(rec: Recording, jid: str, push_name: str, *, old: bool) -> None:
    """Remember what a person calls themselves; a name from history only where none is known."""
    contact = rec.tx.people.find_contact(rec.account, jid)
    if contact is None:
        contact = ContactRecord(rec.account, jid)
    push_name = push_name[:MAX_NAME]
    if contact.push_name == push_name or (old and contact.push_name):
        return
    _save(rec, contact._replace(push_name=push_name), quiet=old)


def record_contact(rec: Recording, contact: Contact, *, quiet: bool = False) -> None:
    """Take over the names that were told; those not told stay.

    `quiet` is for history: it makes no event, and a push name of its own time does not replace
    the one of today.
    """
    if not contact.jid.is_person:
        return
    jid = rec.canonical(contact.jid, contact.alt)
    before = rec.tx.people.find_contact(rec.account, jid)
    if before is None:
        before = ContactRecord(rec.account, jid)
    push_name = contact.push_name[:MAX_NAME]
    after = before._replace(
        full_name=contact.full_name[:MAX_NAME] or before.full_name,
        first_name=contact.first_name[:MAX_NAME] or before.first_name,
        push_name=before.push_name if quiet and before.push_name else push_name or before.push_name,
        business_name=contact.business_name[:MAX_NAME] or before.business_name,
        about=before.about if contact.about is None else contact.about,
    )
    if after != before:
        told = {} if contact.about is None else {"about": contact.about or None}
        _save(rec, after, quiet=quiet, told=told)


def name_contact(rec: Recording, named: ContactNamed, *, quiet: bool) -> None:
    """What the address book says now: names that are not told are gone from it."""
    if not named.jid.is_person:
        return
    jid = rec.canonical(named.jid, named.alt)
    before = rec.tx.people.find_contact(rec.account, jid) or ContactRecord(rec.account, jid)
    after = before._replace(
        full_name=named.full_name[:MAX_NAME], first_name=named.first_name[:MAX_NAME]
    )
    if after != before:
        _save(rec, after, quiet=quiet)


def _save(rec: Recording, contact: ContactRecord, *, quiet: bool, told: View | None = None) -> None:
    """`told` is what the event says besides who it is."""
    rec.tx.people.save_contact(contact)
    rec.rename_chat(contact.jid)
    if not quiet:
        rec.tell(EventType.CONTACT_UPDATED, rec.person_view(contact.jid) | (told or {}))


def record_identity(rec: Recording, lid: Jid, pn: Jid) -> None:
    pair = address_pair(lid, pn)
    if pair is not None:
        rec.link(*pair)


def record_renewal(rec: Recording, event: IdentityRenewed) -> None:
    """A person has a new identity key: told, and nothing is kept of it."""
    person = rec.person_view(rec.canonical(event.jid))
    data = {
        "person": person,
        "timestamp": time_view(event.timestamp),
        "announced": event.announced,
    }
    rec.tell(EventType.CONTACT_IDENTITY, data)


def record_state(rec: Recording, state: AccountState) -> None:
    """Keep the account's own addresses; tell of a state only when it is another one, or tells of a
    gap."""
    before = rec.tx.people.find_account(rec.account)
    after = before._replace(
        jid=str(plain(state.jid)) if state.jid is not None else before.jid,
        lid=str(plain(state.lid)) if state.lid is not None else before.lid,
        push_name=state.push_name[:MAX_NAME] or before.push_name,
        state=state.state.value,
        reason=state.reason,
    )
    if after == before and state.gap_since is None:
        return
    rec.tx.people.save_account(after)
    if state.jid is not None and state.lid is not None:
        record_identity(rec, state.lid, state.jid)
    changed = (after.state, after.reason, after.jid) != (before.state, before.reason, before.jid)
    if changed or state.gap_since is not None:
        rec.tell(EventType.ACCOUNT_STATE, account_view(rec.account, state))
