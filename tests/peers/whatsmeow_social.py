"""What a whatsmeow client in a child process can be asked to do besides messages."""

# pyright: basic
import base64
import contextlib
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

    # -- newsletters --

    def op_newsletter(self, jid: str) -> str:
        return self.client.get_newsletter_info(parse_jid(jid)).ThreadMeta.Name.Text

    def op_newsletter_preview(self, link: str) -> str:
        return self.client.get_newsletter_info_with_invite(link).ThreadMeta.Name.Text

    def op_followed(self) -> list:
        return [jid_text(one.ID) for one in self.client.get_subscribed_newletters()]

    def op_follow(self, jid: str) -> None:
        self.client.follow_newsletter(parse_jid(jid))

    def op_unfollow(self, jid: str) -> None:
        self.client.unfollow_newsletter(parse_jid(jid))

    def op_mute_newsletter(self, jid: str, muted: bool) -> None:
        self.client.newsletter_toggle_mute(parse_jid(jid), muted)

    def op_create_newsletter(self, name: str, description: str, picture: str) -> str:
        made = self.client.create_newsletter(name, description, base64.b64decode(picture))
        return jid_text(made.ID)

    def op_react_to_post(self, jid: str, server_id: int, emoji: str) -> None:
        self.client.newsletter_send_reaction(parse_jid(jid), server_id, emoji, "")

    def op_mark_viewed(self, jid: str, server_ids: list) -> None:
        self.client.newsletter_mark_viewed(parse_jid(jid), server_ids)

    def op_posts(self, jid: str, count: int, before: int) -> list:
        found = self.client.get_newsletter_messages(parse_jid(jid), count, before)
        return [one.MessageServerID for one in found]

    def op_counts(self, jid: str, count: int, since: int, after: int) -> list:
        found = self.client.get_newsletter_message_update(parse_jid(jid), count, since, after)
        return [one.MessageServerID for one in found]

    def op_follow_counts(self, jid: str) -> int:
        return self.client.newsletter_subscribe_live_updates(parse_jid(jid))

    def op_upload_newsletter(self, file: str, media_type: str) -> dict:
        from neonize.utils.enum import MediaType

        data = base64.b64decode(file)
        uploaded = self.client.upload_newsletter(data, MediaType[f"Media{media_type}"])
        return {"path": uploaded.DirectPath, "handle": uploaded.Handle}

    # -- the profile --

    def op_set_about(self, about: str) -> None:
        self.client.set_status_message(about)

    def op_set_picture(self, picture: str) -> str:
        return self.client.set_profile_photo(base64.b64decode(picture))

    def op_set_group_picture(self, jid: str, picture: str) -> str:
        return self.client.set_group_photo(parse_jid(jid), base64.b64decode(picture))

    def op_privacy(self) -> str:
        return str(self.client.get_privacy_settings())

    def op_set_privacy(self, name: str, value: str) -> None:
        from neonize.utils.enum import PrivacySetting, PrivacySettingType

        # neonize takes the answer for an error message, also after a success
        with contextlib.suppress(Exception):
            self.client.set_privacy_setting(PrivacySettingType(name), PrivacySetting(value))

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
