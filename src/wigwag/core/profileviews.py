"""Profiles as they are told: pictures, businesses, the account's own."""

from collections.abc import Mapping

from wigwag.core.naming import phone_of
from wigwag.core.ownprofile import ShownProfile
from wigwag.core.views import View
from wigwag.model.profile import BusinessProfile, Picture, PrivacySetting


def picture_view(picture: Picture) -> View:
    return {"id": picture.id, "url": picture.url or None, "preview": picture.preview}


def business_view(jid: str, business: BusinessProfile) -> View:
    """`jid` is the canonical address of the business."""
    return {
        "jid": jid,
        "address": business.address or None,
        "email": business.email or None,
        "description": business.description or None,
        "websites": list(business.websites),
        "categories": list(business.categories),
        "timezone": business.timezone or None,
        "hours": [
            {"day": day, "mode": mode, "open_minute": opens, "close_minute": closes}
            for day, mode, opens, closes in business.hours
        ],
    }


def profile_view(profile: ShownProfile) -> View:
    return {
        "account": profile.account,
        "jid": profile.jid,
        "lid": profile.lid or None,
        "phone": phone_of(profile.jid) or None,
        "name": profile.name or None,
        "about": profile.about,
        "picture": picture_view(profile.picture) if profile.picture is not None else None,
    }


def privacy_view(settings: Mapping[PrivacySetting, str]) -> View:
    """Every setting by name; null where WhatsApp did not tell it."""
    return {setting.name.lower(): settings.get(setting) for setting in PrivacySetting}
