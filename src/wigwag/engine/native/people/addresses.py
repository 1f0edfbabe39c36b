"""Names of devices in the Signal protocol.

A hosted device has one name, by whichever address a stanza calls it: its session is one.
"""

from wigwag.model.jid import LID_SERVER, Jid

_LID_DOMAIN = "_1"
_HOSTED_DOMAIN = "_128"
_HOSTED_LID_DOMAIN = "_129"


def signal_user(jid: Jid) -> str:
    """The part that all devices of one address share: the user, and its domain when not PN."""
    return jid.user + (_LID_DOMAIN if jid.home.server == LID_SERVER else "")


def signal_address(jid: Jid) -> str:
    """`<user>[_<domain>]:<device>`, the key of sessions and identities (whatsmeow jid.go)."""
    return f"{signal_user(jid)}:{jid.device}"


def hosted_user(jid: Jid) -> str:
    """As `signal_user`, the name under which hosted devices were kept by themselves once."""
    return jid.user + (_HOSTED_LID_DOMAIN if jid.home.server == LID_SERVER else _HOSTED_DOMAIN)
