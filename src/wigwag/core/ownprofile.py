"""What the account shows of itself, and to whom."""

from collections.abc import Mapping

from wigwag.core.accounts import Accounts
from wigwag.core.chatstate import ChatState
from wigwag.core.identity import plain
from wigwag.model.errors import NotPaired
from wigwag.model.jid import Jid
from wigwag.model.profile import Picture, PrivacySetting
from wigwag.model.value import Value
from wigwag.ports import Engine


class ShownProfile(Value):
    """How others see the account; `about` and `picture` are None where there is none."""

    account: str
    jid: str
    lid: str
    name: str
    about: str | None
    picture: Picture | None


class ProfileWishes(Value):
    """What is to be shown; None leaves a thing as it is. An empty `picture` removes it.

    `default_ephemeral_s` is how long the messages of chats last that others begin with the account.
    """

    name: str | None = None
    about: str | None = None
    picture: bytes | None = None
    default_ephemeral_s: int | None = None


class OwnProfile:
    """Asked of WhatsApp, and changed there, at the moment.

    Every method raises NotFound (account), NotPaired, NotConnected, LoggedOut, and what an
    engine's requests raise.
    """

    def __init__(self, accounts: Accounts, chat_state: ChatState) -> None:
        self._accounts = accounts
        self._chat_state = chat_state

    async def get(self, account: str) -> ShownProfile:
        engine = self._accounts.get(account)
        return await self._shown(engine, engine.state.push_name)

    async def change(self, account: str, wishes: ProfileWishes) -> ShownProfile:
        """Raises InvalidInput (too long, no JPEG), AppStateUnavailable, AppStateConflict.

        One after the other: what was changed before one fails, stays.
        """
        engine = self._accounts.get(account)
        own = _own(engine)
        if wishes.picture is not None:
            await engine.profile.set_picture(own, wishes.picture or None)
        if wishes.about is not None:
            await engine.profile.set_about(wishes.about)
        if wishes.default_ephemeral_s is not None:
            await engine.profile.set_default_ephemeral(wishes.default_ephemeral_s)
        if wishes.name is not None:
            await self._chat_state.set_push_name(account, wishes.name)
        return await self._shown(engine, wishes.name or engine.state.push_name)

    async def privacy(self, account: str) -> Mapping[PrivacySetting, str]:
        return await self._accounts.get(account).profile.privacy()

    async def set_privacy(
        self, account: str, wishes: Mapping[PrivacySetting, str]
    ) -> Mapping[PrivacySetting, str]:
        """All settings after it; one after the other as in `change`. Raises InvalidInput."""
        profile = self._accounts.get(account).profile
        for setting, value in wishes.items():
            await profile.set_privacy(setting, value)
        return await profile.privacy()

    async def _shown(self, engine: Engine, name: str) -> ShownProfile:
        own = _own(engine)
        lid = engine.state.lid
        return ShownProfile(
            account=engine.account,
            jid=str(own),
            lid=str(plain(lid)) if lid is not None else "",
            name=name,
            about=await engine.profile.find_about(own),
            picture=await engine.profile.find_picture(own),
        )


def _own(engine: Engine) -> Jid:
    if engine.state.jid is None:
        raise NotPaired
    return plain(engine.state.jid)
