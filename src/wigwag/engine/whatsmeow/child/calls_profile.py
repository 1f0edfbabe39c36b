"""What can be asked of a client about profiles, privacy and the block list."""

from collections.abc import Callable
from typing import Any

from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.child.callee import Callee
from wigwag.engine.whatsmeow.child.reading import jid_text, settings_of
from wigwag.engine.whatsmeow.child.troubles import CallFailed
from wigwag.engine.whatsmeow.frames import Trouble


def profile_calls(callee: Callee) -> dict[type, Callable[[Any], object]]:
    """A function for each Ask about profiles."""
    profile = _Profile(callee)
    return {
        asks.GetPicture: profile.picture,
        asks.SetPicture: profile.set_picture,
        asks.GetAbout: profile.about,
        asks.SetAbout: lambda ask: callee.do("SetStatusMessage", ask.about.encode()),
        asks.GetPrivacy: profile.privacy,
        asks.SetPrivacy: profile.set_privacy,
        asks.GetBlocklist: profile.blocklist,
        asks.SetBlocked: profile.set_blocked,
    }


class _Profile:
    """Profiles as one client sees them. Raises CallFailed."""

    def __init__(self, callee: Callee) -> None:
        self._callee = callee
        self._pb = callee.pb

    def picture(self, ask: asks.GetPicture) -> asks.PictureAnswer:
        callee, pb = self._callee, self._pb
        wanted = pb.GetProfilePictureParams(Preview=ask.preview)
        kind = pb.GetProfilePictureReturnFunction
        try:
            told = callee.ask("GetProfilePicture", kind, callee.jid(ask.who), wanted).Picture
        except CallFailed as failed:
            if failed.trouble is Trouble.NOT_FOUND:
                return asks.PictureAnswer()
            raise
        return asks.PictureAnswer(id=told.ID, url=told.URL, direct_path=told.DirectPath)

    def set_picture(self, ask: asks.SetPicture) -> str:
        callee, kind = self._callee, self._pb.SetGroupPhotoReturnFunction
        file = (ask.jpeg, len(ask.jpeg))
        if ask.group:
            return callee.ask("SetGroupPhoto", kind, callee.jid(ask.group), *file).PictureID
        return callee.ask("SetProfilePhoto", kind, *file).PictureID

    def about(self, ask: asks.GetAbout) -> str:
        callee, kind = self._callee, self._pb.GetUserInfoReturnFunction
        told = callee.ask("GetUserInfo", kind, callee.jids((ask.who,)))
        return next((one.UserInfo.Status for one in told.UsersInfo), "")

    def privacy(self, _ask: asks.GetPrivacy) -> tuple[tuple[str, str], ...]:
        told = self._pb.PrivacySettings.FromString(self._callee.raw("GetPrivacySettings"))
        return settings_of(self._pb, told)

    def set_privacy(self, ask: asks.SetPrivacy) -> None:
        kind = self._pb.SetPrivacySettingReturnFunction
        self._callee.ask("SetPrivacySetting", kind, ask.name.encode(), ask.value.encode())

    def blocklist(self, _ask: asks.GetBlocklist) -> tuple[str, ...]:
        told = self._callee.ask("GetBlocklist", self._pb.GetBlocklistReturnFunction)
        return tuple(map(jid_text, told.Blocklist.JIDs))

    def set_blocked(self, ask: asks.SetBlocked) -> None:
        callee, kind = self._callee, self._pb.GetBlocklistReturnFunction
        action = b"block" if ask.blocked else b"unblock"
        callee.ask("UpdateBlocklist", kind, callee.jid(ask.person), action)
