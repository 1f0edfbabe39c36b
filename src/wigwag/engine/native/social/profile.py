"""Pictures, abouts, businesses, privacy settings and the blocklist (whatsmeow user.go,
privacysettings.go)."""

import re
from collections.abc import Mapping
from typing import Final

from wigwag.engine.common.pictures import check_picture
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.usync import ask_about
from wigwag.engine.native.receiving.profiles import PROFILE, read_privacy
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.social.asking import ask, ask_for, ask_mex
from wigwag.model.chat import Contact
from wigwag.model.errors import InvalidInput, NotFound, NotOnWhatsApp
from wigwag.model.event import (
    BlocklistChanged,
    ContactsChanged,
    EngineEvent,
    PrivacyChanged,
    TimerChanged,
)
from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile, Picture, PrivacySetting
from wigwag.wire import claims
from wigwag.wire.businesses import VERSION, read_business
from wigwag.wire.mex import UPDATE_ABOUT
from wigwag.wire.nodes import AttrValue, Node

MAX_BLOCKED: Final = 10_000
MAX_OWN_ABOUT: Final = 139
"""Characters that WhatsApp's own applications take."""
_VALUE: Final = re.compile(r"[a-z_]{1,40}", re.ASCII)
_LONGEST_S: Final = 2**31 - 1
_GONE: Final = "204"


class Profile:
    """Implements ports.profile.ProfileActions."""

    def __init__(self, link: Link, recorder: Recorder, devices: Devices, tokens: Tokens) -> None:
        self._link = link
        self._recorder = recorder
        self._devices = devices
        self._tokens = tokens

    async def find_picture(self, who: Jid, *, preview: bool = False) -> Picture | None:
        target = self._target(who)
        attrs: dict[str, AttrValue] = {"query": "url", "type": "preview" if preview else "image"}
        picture = Node("picture", attrs, self._tokens.nodes_for(target) or None)
        try:
            answer = await ask(self._link, iq("w:profile:picture", "get", [picture], target=target))
        except NotFound:
            return None
        found = answer.child("picture")
        if found is None or found.attr("status") == _GONE:
            return None
        return Picture(
            id=claims.identifier(found.attr("id")),
            url=claims.path(found.attr("url")),
            direct_path=claims.path(found.attr("direct_path")),
            preview=preview,
        )

    async def set_picture(self, who: Jid, jpeg: bytes | None) -> str:
        if jpeg is not None:
            check_picture(jpeg)
        own = who.bare in (self._link.pn, self._link.lid)
        if not own and not who.is_group:
            raise InvalidInput("Only the own picture and those of groups can be set.")
        content = [Node("picture", {"type": "image"}, jpeg)] if jpeg is not None else None
        target = None if own else who
        answer = await ask(self._link, iq("w:profile:picture", "set", content, target=target))
        kept = answer.child("picture")
        return claims.identifier(kept.attr("id")) if kept is not None else ""

    async def find_about(self, who: Jid) -> str | None:
        person = self._target(who)
        if not person.is_person:
            raise InvalidInput("Only people say something of themselves.")
        about = await ask_about(self._link, person, self._tokens.nodes_for(person))
        await self._record(ContactsChanged(contacts=(Contact(jid=person, about=about),)))
        return about or None

    async def set_about(self, about: str) -> None:
        if len(about) > MAX_OWN_ABOUT:
            raise InvalidInput(f"An about has at most {MAX_OWN_ABOUT} characters.")
        variables = {"input": {"text": about, "ephemeral_duration_sec": 0}}
        await ask_mex(self._link, UPDATE_ABOUT, variables)

    async def find_business(self, who: Jid) -> BusinessProfile | None:
        person = self._target(who)
        wanted = Node("business_profile", {"v": VERSION}, [Node("profile", {"jid": person})])
        answer = await ask_for(self._link, iq("w:biz", "get", [wanted]), "business_profile")
        return read_business(answer, person)

    async def privacy(self) -> Mapping[PrivacySetting, str]:
        answer = await ask_for(self._link, iq("privacy", "get", [Node("privacy")]), "privacy")
        settings = read_privacy(answer)
        await self._record(PrivacyChanged(settings=settings))
        return dict(settings)

    async def set_privacy(self, setting: PrivacySetting, value: str) -> None:
        if not _VALUE.fullmatch(value):
            raise InvalidInput("A privacy setting is a word, as all, contacts or none.")
        category = Node("category", {"name": setting.value, "value": value})
        await ask(self._link, iq("privacy", "set", [Node("privacy", {}, [category])]))
        await self._record(PrivacyChanged(settings=((setting, value),)))

    async def list_blocked(self) -> list[Jid]:
        answer = await ask_for(self._link, iq("blocklist", "get"), "list")
        blocked = [
            jid.bare
            for item in answer.children_with("item")[:MAX_BLOCKED]
            if (jid := item.attr_jid("jid")) is not None
        ]
        changes = tuple((jid, True) for jid in blocked)
        await self._record(BlocklistChanged(changes=changes, whole=True))
        return blocked

    async def set_blocked(self, person: Jid, *, blocked: bool) -> None:
        if not person.is_person:
            raise InvalidInput("Only people can be blocked.")
        lid = self._target(person)
        if lid.is_pn:
            lid = await self._devices.ask_lid(lid) or lid
        if lid.is_pn:
            raise NotOnWhatsApp
        attrs: dict[str, AttrValue] = {"jid": lid, "action": "block" if blocked else "unblock"}
        pn = self._devices.find_pn(lid) if blocked else None
        if pn is not None:
            attrs["pn_jid"] = pn
        await ask(self._link, iq("blocklist", "set", [Node("item", attrs)]))
        await self._record(BlocklistChanged(changes=((lid, blocked),)))

    async def set_default_ephemeral(self, seconds: int) -> None:
        if not 0 <= seconds <= _LONGEST_S:
            raise InvalidInput("Messages last a number of seconds, 0 for ever.")
        mode = Node("disappearing_mode", {"duration": str(seconds)})
        await ask(self._link, iq("disappearing_mode", "set", [mode]))
        changed = TimerChanged(
            jid=self._link.pn, seconds=seconds, changed_at=self._link.clock.now()
        )
        await self._record(changed)

    async def _record(self, event: EngineEvent) -> None:
        batch = self._recorder.open()
        batch.record(PROFILE, event)
        await self._recorder.commit(batch)

    def _target(self, who: Jid) -> Jid:
        if not (who.is_person or who.is_group):
            raise InvalidInput("That is neither a person nor a group.")
        jid = who.bare
        return (self._devices.find_lid(jid) or jid) if jid.is_pn else jid
