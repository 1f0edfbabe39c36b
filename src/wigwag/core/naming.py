"""What people and chats are called."""

from functools import lru_cache
from typing import Final

from wigwag.model.archived import Person
from wigwag.model.jid import LID_SERVER, NEWSLETTER_SERVER, PN_SERVER, STATUS_JID, Jid
from wigwag.model.record import ContactRecord
from wigwag.ports import ArchiveTx

STATUS_CHAT: Final = str(STATUS_JID)
STATUS_NAME: Final = "Status Updates"
_PN_END: Final = "@" + PN_SERVER
_LID_END: Final = "@" + LID_SERVER
_NEWSLETTER_END: Final = "@" + NEWSLETTER_SERVER


def phone_of(jid: str) -> str:
    """The phone number of a PN, `+` and digits; empty for every other JID, a LID above all."""
    if not jid.endswith(_PN_END):
        return ""
    user = jid[: -len(_PN_END)]
    return "+" + user if user.isascii() and user.isdigit() else ""


def display_name(
    jid: str, full_name: str = "", first_name: str = "", push_name: str = "", business: str = ""
) -> str:
    """The best name of a person: the phone's address book, their own, their number, their JID."""
    return full_name or first_name or push_name or business or phone_of(jid) or jid


def contact_name(contact: ContactRecord) -> str:
    return display_name(
        contact.jid,
        contact.full_name,
        contact.first_name,
        contact.push_name,
        contact.business_name,
    )


@lru_cache(4096)
def person(jid: str, lid: str, name: str) -> Person:
    """A person by canonical JID."""
    return Person(
        jid=jid, lid=lid or (jid if jid.endswith(_LID_END) else ""), phone=phone_of(jid), name=name
    )


def person_in(tx: ArchiveTx, account: str, jid: str, push_name: str = "") -> Person:
    """A person by canonical JID, looked up within a write unit."""
    contact = tx.people.find_contact(account, jid)
    if contact is None:
        name = display_name(jid, push_name=push_name or own_name(tx, account, jid))
    else:
        name = contact_name(contact)
    return person(jid, tx.people.lid_of(account, jid), name)


def own_name(tx: ArchiveTx, account: str, jid: str) -> str:
    """What the account calls itself, if this is its own address: it is no contact of its own."""
    own = tx.people.find_account(account)
    return own.push_name if jid == own.jid else ""


def chat_name(tx: ArchiveTx, account: str, jid: str) -> str:
    """The name of a chat, or its JID where nothing is known."""
    if jid.endswith("@g.us"):
        group = tx.people.find_group(account, jid)
        return group.subject if group is not None and group.subject else jid
    if is_newsletter(jid):
        newsletter = tx.newsletters.find(account, jid)
        return newsletter.name if newsletter is not None and newsletter.name else jid
    if jid == STATUS_CHAT:
        return STATUS_NAME
    contact = tx.people.find_contact(account, jid)
    return contact_name(contact) if contact is not None else display_name(jid)


def is_group(jid: str) -> bool:
    return jid.endswith("@g.us")


def is_newsletter(jid: str) -> bool:
    return jid.endswith(_NEWSLETTER_END)


def is_lid(jid: str) -> bool:
    return jid.endswith(_LID_END)


def is_person(jid: Jid | str) -> bool:
    """Whether a canonical JID is one person's."""
    if isinstance(jid, Jid):
        return jid.is_person
    return jid.endswith((_PN_END, _LID_END)) and not jid.startswith("@")
