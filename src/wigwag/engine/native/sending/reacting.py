"""Reactions as the announcements of a community take them: sealed with the secret of what they are
to, and known to nobody else (whatsmeow msgsecret.go)."""

from msgspec.structs import replace

from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.receiving.secrets import Kept, Secrets
from wigwag.engine.native.sending.envelope import SEALED_REACTION
from wigwag.engine.native.sending.fanout import Letter
from wigwag.model.content import MessageKey, Reaction
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing
from wigwag.wire.content_sealed import seal_reaction


class SealedReactions:
    """Seals the reactions of one account, where that is needed."""

    def __init__(self, link: Link, groups: Groups, devices: Devices, secrets: Secrets) -> None:
        self._link = link
        self._groups = groups
        self._devices = devices
        self._secrets = secrets

    def letter(self, chat: Jid, message: Outgoing) -> Letter | None:
        """The sealed form of `message`; None when it goes as it is.

        Raises InvalidInput when the secret of what it is to is unknown.
        """
        content = message.content
        if not isinstance(content, Reaction) or not self._groups.is_announcements(chat):
            return None
        kept = self._find(chat, content.target)
        if kept is None:
            raise InvalidInput(
                "The key of this announcement never came here; react to it on the phone."
            )
        content = replace(content, target=replace(content.target, sender=kept.author))
        link = self._link
        raw = seal_reaction(content, kept.secret, link.lid, link.random, message.timestamp)
        return Letter(chat, message.id, raw, SEALED_REACTION)

    def _find(self, chat: Jid, target: MessageKey) -> Kept | None:
        """The secret of `target`, and the address that it was said under."""
        authors = [target.sender, self._devices.find_alias(target.sender)]
        if target.from_me:
            authors += self._link.own
        found = self._secrets.find(str(chat), chat, target.id)
        return next((one for one in found if one.author in authors), None)
