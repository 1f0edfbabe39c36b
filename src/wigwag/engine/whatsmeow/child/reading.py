"""The library's messages as our values: addresses, sources, groups."""

from typing import Any, Final

from wigwag.engine.whatsmeow.facts import GroupTold, Member, NewsletterTold, Source

_MS_FROM: Final = 10**11
"""A time as large as this is told in milliseconds; neonize does both."""
_NS_FROM: Final = 10**17
MOST_MEMBERS: Final = 10_000


def jid_text(jid: Any) -> str:
    """`user:device@server`; empty for no address."""
    if jid.IsEmpty or not jid.Server:
        return ""
    device = f":{jid.Device}" if jid.Device else ""
    return f"{jid.User}{device}@{jid.Server}" if jid.User else str(jid.Server)


def seconds(value: float) -> int:
    """Unix seconds of a time in seconds, milliseconds or nanoseconds; 0 for none."""
    whole = int(value)
    if whole >= _NS_FROM:
        whole //= 10**9
    elif whole >= _MS_FROM:
        whole //= 10**3
    return max(whole, 0)


def source_of(source: Any) -> Source:
    return Source(
        chat=jid_text(source.Chat),
        sender=jid_text(source.Sender),
        from_me=source.IsFromMe,
        is_group=source.IsGroup,
        sender_alt=jid_text(source.SenderAlt),
        recipient_alt=jid_text(source.RecipientAlt),
    )


def member_of(told: Any) -> Member:
    invited = told.HasField("AddRequest")
    return Member(
        jid=jid_text(told.JID),
        lid=jid_text(told.LID),
        pn=jid_text(told.PhoneNumber),
        admin=told.IsAdmin or told.IsSuperAdmin,
        superadmin=told.IsSuperAdmin,
        error=told.Error,
        invite_code=told.AddRequest.Code if invited else "",
        invite_until_s=seconds(told.AddRequest.Expiration) if invited else 0,
    )


def group_of(told: Any) -> GroupTold:
    return GroupTold(
        jid=jid_text(told.JID),
        subject=told.GroupName.Name,
        owner=jid_text(told.OwnerJID),
        created_s=seconds(told.GroupCreated),
        description=told.GroupTopic.Topic,
        description_id=told.GroupTopic.TopicID,
        locked=told.GroupLocked.isLocked,
        announce=told.GroupAnnounce.IsAnnounce,
        ephemeral_s=told.GroupEphemeral.DisappearingTimer,
        community=told.GroupParent.IsParent,
        parent=jid_text(told.GroupLinkedParent.LinkedParentJID),
        default_subgroup=told.GroupIsDefaultSub.IsDefaultSubGroup,
        members=tuple(map(member_of, told.Participants[:MOST_MEMBERS])),
    )


def newsletter_of(pb: Any, told: Any) -> NewsletterTold:
    thread, viewer = told.ThreadMeta, told.ViewerMeta
    has_viewer = told.HasField("ViewerMeta")
    settings = pb.NewsletterReactionSettings.NewsletterReactionsMode
    return NewsletterTold(
        jid=jid_text(told.ID),
        name=thread.Name.Text,
        description=thread.Description.Text,
        invite=thread.InviteCode,
        subscribers=max(thread.SubscriberCount, 0),
        created_s=seconds(thread.CreationTime),
        verified=thread.VerificationState
        == pb.NewsletterThreadMetadata.NewsletterVerificationState.Value("VERIFIED"),
        state=pb.WrappedNewsletterState.NewsletterState.Name(told.State.Type).lower(),
        reactions=settings.Name(thread.Settings.ReactionCodes.Value).lower(),
        picture_path=thread.Picture.DirectPath,
        preview_path=thread.Preview.DirectPath,
        role=pb.NewsletterRole.Name(viewer.Role).lower() if has_viewer else "",
        muted=viewer.Mute == pb.NewsletterMuteState.Value("ON") if has_viewer else None,
    )


def settings_of(pb: Any, told: Any) -> tuple[tuple[str, str], ...]:
    """Privacy settings that have a value, by WhatsApp's names."""
    words: dict[str, str] = {
        "groupadd": _word(pb, told.GroupAdd),
        "last": _word(pb, told.LastSeen),
        "status": _word(pb, told.Status),
        "profile": _word(pb, told.Profile),
        "readreceipts": _word(pb, told.ReadReceipts),
        "calladd": _word(pb, told.CallAdd),
        "online": _word(pb, told.Online),
    }
    return tuple((name, word) for name, word in words.items() if word)


def _word(pb: Any, value: int) -> str:
    """The value of a setting as WhatsApp writes it; empty for the library's own `undefined`."""
    word = str(pb.PrivacySettings.PrivacySetting.Name(value)).lower()
    return "" if word == "undefined" else word
