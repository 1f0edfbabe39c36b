"""Short texts that strangers choose: addresses, names, codes."""

from fuzz.mutation import SCRAPS
from fuzz.target import Target
from wigwag.model.errors import MalformedJid
from wigwag.model.jid import parse_jid, parse_recipient
from wigwag.wire import claims
from wigwag.wire.errors import PairingFailure
from wigwag.wire.pairing import QrContents, format_qr, parse_link_code, parse_qr


def read_jid(data: bytes) -> None:
    """What is an address is written as it was read, and is safe in any path."""
    text = data.decode("utf-8", "surrogatepass") if _is_text(data) else data.decode("latin-1")
    for parse in (parse_recipient, parse_jid):
        jid = parse(text)
        assert parse_jid(str(jid)) == jid
        assert jid.home.bare.device == 0
        assert "/" not in str(jid)
        assert str(jid).isprintable()


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def read_claims(data: bytes) -> None:
    """Whatever is claimed can be stored as text of bounded length."""
    found = [claims.text(data), claims.name(data), claims.identifier(data), claims.path(data)]
    if _is_valid(data):
        text = data.decode()
        found += [claims.text(text), claims.name(text), claims.identifier(text), claims.path(text)]
        jid = claims.find_jid(text)
        assert jid is None or (jid.device == 0 and jid.user)
    for value in found:
        value.encode()
        assert "\0" not in value
        assert len(value) <= claims.TEXT_LIMIT
    number = int.from_bytes(data[:9], "big", signed=True)
    assert claims.moment(number).tzinfo is not None
    assert claims.moment_ms(number).tzinfo is not None
    assert 0 <= claims.size(number) < 2**63


def _is_valid(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def read_qr(data: bytes) -> None:
    """A code that can be read is written again with the same meaning."""
    contents = parse_qr(data.decode("utf-8", "replace"))
    assert parse_qr(format_qr(contents)) == contents


def read_link_code(data: bytes) -> None:
    code = parse_link_code(data.decode("utf-8", "replace"))
    assert parse_link_code(code) == code


def qr_seeds() -> list[bytes]:
    contents = QrContents(
        ref="2@abc", noise_public=bytes(32), identity_public=bytes(32), adv_secret=bytes(32)
    )
    return [format_qr(contents).encode(), b"2@x," + b"A" * 43 + b"=,,"]


JID_SEEDS = (
    *SCRAPS,
    *(b"15550000001:3@s.whatsapp.net", b"100000000001@lid", b"120363-1@g.us", b"+49 170 1234567"),
    *(b"status@broadcast", b"s.whatsapp.net", b"1@hosted.lid", b"1:65536@lid", b"1@c.us"),
)

TARGETS = (
    Target("jid", read_jid, lambda: JID_SEEDS, (MalformedJid,)),
    Target("claims", read_claims, lambda: JID_SEEDS),
    Target("qr", read_qr, qr_seeds, (PairingFailure,)),
    Target("link_code", read_link_code, lambda: [b"ABCD-1234", b"abcd 1234"], (PairingFailure,)),
)
