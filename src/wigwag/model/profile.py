"""What others see of an account, and whom it shuts out."""

from enum import StrEnum

from wigwag.model.jid import Jid
from wigwag.model.value import Value


class Picture(Value):
    """The picture of a person or group: where it can be fetched for a while."""

    id: str
    url: str
    direct_path: str = ""
    preview: bool = False


class BusinessProfile(Value):
    """What a business says of itself; empty means not told.

    `hours` are per day: the day (`mon`), the mode (`specific_hours`, `open_24h`,
    `appointment_only`), and opening and closing in minutes after midnight of `timezone`.
    """

    jid: Jid
    address: str = ""
    email: str = ""
    description: str = ""
    websites: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    timezone: str = ""
    hours: tuple[tuple[str, str, int, int], ...] = ()


class PrivacySetting(StrEnum):
    """What a privacy setting is about, as WhatsApp calls it."""

    LAST_SEEN = "last"
    ONLINE = "online"
    PROFILE_PICTURE = "profile"
    ABOUT = "status"
    READ_RECEIPTS = "readreceipts"
    GROUP_ADD = "groupadd"
    CALL_ADD = "calladd"
    MESSAGES = "messages"
    DEFENSE = "defense"
    STICKERS = "stickers"
