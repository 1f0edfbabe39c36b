"""Names of devices in the Signal protocol."""

from wigwag.model.jid import HOSTED_LID_SERVER, HOSTED_SERVER, LID_SERVER, Jid

_DOMAINS = {LID_SERVER: "_1", HOSTED_SERVER: "_128", HOSTED_LID_SERVER: "_129"}


def signal_user(jid: Jid) -> str:
    """The part that all devices of one address share: the user, and its domain when not PN."""
    return jid.user + _DOMAINS.get(jid.server, "")


def signal_address(jid: Jid) -> str:
    """`<user>[_<domain>]:<device>`, the key of sessions and identities (whatsmeow jid.go)."""
    return f"{signal_user(jid)}:{jid.device}"
