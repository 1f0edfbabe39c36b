"""What a whatsmeow client in a child process can be asked to do besides messages."""

# pyright: basic
from typing import Any


class SocialOperations:
    """Mixed into `Operations`: presence, groups, calls, channels, the profile."""

    client: Any

    # -- presence --

    def op_presence(self, available: bool) -> None:
        from neonize.utils.enum import Presence

        self.client.send_presence(Presence.AVAILABLE if available else Presence.UNAVAILABLE)

    def op_subscribe_presence(self, jid: str) -> None:
        self.client.subscribe_presence(parse_jid(jid))

    def op_activity(self, chat: str, activity: str) -> None:
        """`activity` is composing, recording or paused."""
        from neonize.utils.enum import ChatPresence, ChatPresenceMedia

        paused = activity == "paused"
        recording = activity == "recording"
        self.client.send_chat_presence(
            parse_jid(chat),
            ChatPresence.CHAT_PRESENCE_PAUSED if paused else ChatPresence.CHAT_PRESENCE_COMPOSING,
            ChatPresenceMedia.CHAT_PRESENCE_MEDIA_AUDIO
            if recording
            else ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT,
        )

    # -- groups --

    def op_set_topic(self, jid: str, topic: str) -> None:
        self.client.set_group_topic(parse_jid(jid), "", "", topic)

    def op_set_announce(self, jid: str, announce: bool) -> None:
        self.client.set_group_announce(parse_jid(jid), announce)

    def op_set_locked(self, jid: str, locked: bool) -> None:
        self.client.set_group_locked(parse_jid(jid), locked)

    def op_reset_invite(self, jid: str) -> str:
        return self.client.get_group_invite_link(parse_jid(jid), True)

    def op_preview(self, link: str) -> str:
        return self.client.get_group_info_from_link(link).GroupName.Name

    def op_join_requests(self, jid: str) -> int:
        return len(self.client.get_group_request_participants(parse_jid(jid)))

    def op_link_group(self, community: str, jid: str) -> None:
        self.client.link_group(parse_jid(community), parse_jid(jid))

    def op_unlink_group(self, community: str, jid: str) -> None:
        self.client.unlink_group(parse_jid(community), parse_jid(jid))

    def op_sub_groups(self, community: str) -> list:
        return [jid_text(one.JID) for one in self.client.get_sub_groups(parse_jid(community))]

    # -- calls --

    def op_reject_call(self, caller: str, call_id: str) -> None:
        self.client.reject_call(parse_jid(caller), call_id)

    # -- the profile --

    def op_picture(self, jid: str) -> str:
        return self.client.get_profile_picture(parse_jid(jid)).ID

    def op_default_ephemeral(self, seconds: int) -> None:
        self.client.set_default_disappearing_timer(seconds * 10**9)


def jid_text(jid: Any) -> str:
    return f"{jid.User}@{jid.Server}"


def parse_jid(text: str) -> Any:
    from neonize.utils.jid import build_jid

    user, _, server = text.partition("@")
    return build_jid(user, server or "s.whatsapp.net")
