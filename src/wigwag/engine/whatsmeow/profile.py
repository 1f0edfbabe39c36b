"""Profiles, privacy and the block list, as far as the library has them."""

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Final

from wigwag.engine.common.pictures import check_picture
from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.absent import NO_CALL
from wigwag.engine.whatsmeow.line import Line
from wigwag.engine.whatsmeow.reading import settings_of
from wigwag.model.capability import Capability
from wigwag.model.chat import Contact
from wigwag.model.errors import InvalidInput, NotSupportedByEngine
from wigwag.model.event import BlocklistChanged, ContactsChanged, PrivacyChanged, TimerChanged
from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile, Picture, PrivacySetting
from wigwag.wire import claims

MAX_ABOUT: Final = 139
"""Characters that WhatsApp's own applications take."""
_VALUE: Final = re.compile(r"[a-z_]{1,40}", re.ASCII)
_LONGEST_S: Final = 2**31 - 1


class Profile:
    """Implements ports.profile.ProfileActions."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def find_picture(self, who: Jid, *, preview: bool = False) -> Picture | None:
        ask = asks.GetPicture(who=_checked(who), preview=preview)
        told = await self._line.ask(ask, asks.PictureAnswer)
        if not told.url:
            return None
        return Picture(
            id=claims.identifier(told.id),
            url=claims.path(told.url),
            direct_path=claims.path(told.direct_path),
            preview=preview,
        )

    async def set_picture(self, who: Jid, jpeg: bytes | None) -> str:
        if jpeg is None:
            raise NotSupportedByEngine(
                Capability.PICTURE_REMOVAL, "Its library would set an empty picture."
            )
        check_picture(jpeg)
        own = who.bare in self._line.own
        if not own and not who.is_group:
            raise InvalidInput("Only the own picture and those of groups can be set.")
        ask = asks.SetPicture(group="" if own else str(who.bare), jpeg=jpeg)
        return claims.identifier(await self._line.ask(ask, str))

    async def find_about(self, who: Jid) -> str | None:
        if not who.is_person:
            raise InvalidInput("Only people say something of themselves.")
        about = claims.text(await self._line.ask(asks.GetAbout(who=_checked(who)), str))
        await self._line.record(ContactsChanged(contacts=(Contact(jid=who.bare, about=about),)))
        return about or None

    async def set_about(self, about: str) -> None:
        if len(about) > MAX_ABOUT:
            raise InvalidInput(f"An about has at most {MAX_ABOUT} characters.")
        await self._line.do(asks.SetAbout(about=about))

    async def find_business(self, who: Jid) -> BusinessProfile | None:
        raise NotSupportedByEngine(Capability.BUSINESS_PROFILES, NO_CALL)

    async def privacy(self) -> Mapping[PrivacySetting, str]:
        told = await self._line.ask(asks.GetPrivacy(), tuple[tuple[str, str], ...])
        settings = settings_of(told)
        await self._line.record(PrivacyChanged(settings=settings))
        return dict(settings)

    async def set_privacy(self, setting: PrivacySetting, value: str) -> None:
        if not _VALUE.fullmatch(value):
            raise InvalidInput("A privacy setting is a word, as all, contacts or none.")
        await self._line.do(asks.SetPrivacy(name=setting.value, value=value))
        await self._line.record(PrivacyChanged(settings=((setting, value),)))

    async def list_blocked(self) -> list[Jid]:
        told = await self._line.ask(asks.GetBlocklist(), tuple[str, ...])
        blocked = [jid for text in told if (jid := claims.find_jid(text)) is not None]
        changes = tuple((jid, True) for jid in blocked)
        await self._line.record(BlocklistChanged(changes=changes, whole=True))
        return blocked

    async def set_blocked(self, person: Jid, *, blocked: bool) -> None:
        if not person.is_person:
            raise InvalidInput("Only people can be blocked.")
        await self._line.do(asks.SetBlocked(person=_checked(person), blocked=blocked))
        await self._line.record(BlocklistChanged(changes=((person.bare, blocked),)))

    async def set_default_ephemeral(self, seconds: int) -> None:
        if not 0 <= seconds <= _LONGEST_S:
            raise InvalidInput("Messages last a number of seconds, 0 for ever.")
        await self._line.do(asks.SetTimer(chat="", seconds=seconds))
        changed_at = self._line.clock.now().astimezone(UTC)
        changed = TimerChanged(jid=self._line.own[0], seconds=seconds, changed_at=changed_at)
        await self._line.record(changed)


def _checked(who: Jid) -> str:
    if not (who.is_person or who.is_group):
        raise InvalidInput("That is neither a person nor a group.")
    return str(who.bare)
