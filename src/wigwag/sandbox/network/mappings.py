"""Who is whom: what the network tells of it late, and what it changes."""

from enum import StrEnum

from wigwag.sandbox.network.directory import Account
from wigwag.sandbox.network.stanzas import notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.sandbox.network.usync import devices_hash
from wigwag.wire.nodes import Node


class MappingNotice(StrEnum):
    """A notification that names both addresses of a person."""

    DEVICES = "devices"
    """That the device list changed; `lid` beside `from`."""
    CONTACTS = "contacts"
    """That the number changed, to what it is."""
    PRIVACY_TOKEN = "privacy_token"  # noqa: S105 - the name of a notification
    """A privacy token; `sender_lid` beside `from`."""


class Mappings:
    """Tells the companions of an account who somebody is."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def tell(self, about: Account, to: Account, notice: MappingNotice) -> None:
        """Tell the companions of `to` both addresses of `about` by a notification."""
        if notice is MappingNotice.DEVICES:
            update = Node("update", {"hash": devices_hash(about, about.pn.server)})
            node = notification("devices", about.pn, [update], lid=about.lid)
        elif notice is MappingNotice.CONTACTS:
            node = _modified(about, about)
        else:
            token = Node("token", {"type": "trusted_contact", "t": self._board.stamp()}, b"token")
            tokens = Node("tokens", {}, [token])
            node = notification("privacy_token", about.pn, [tokens], sender_lid=about.lid)
        for device in to.companions:
            self._board.post(device, node)

    def change_number(self, account: Account, phone: str) -> None:
        """The person takes another number, and keeps the LID; everybody's companions are told.

        Raises InvalidInput when the number is taken.
        """
        before = Account(pn=account.pn, lid=account.lid, name=account.name)
        self._board.directory.renumber(account, phone)
        node = _modified(before, account)
        for other in self._board.directory.accounts():
            if other is not account:
                for device in other.companions:
                    self._board.post(device, node)


def _modified(before: Account, after: Account) -> Node:
    attrs = {"old": before.pn, "new": after.pn, "old_lid": before.lid, "new_lid": after.lid}
    return notification("contacts", before.pn, [Node("modify", dict(attrs))])
