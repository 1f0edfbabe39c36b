"""Identity, prekeys, Signal sessions and sender keys in whatsapp.db."""

from wigwag.engine.native.store.reading import StoreReading, first
from wigwag.engine.native.store.records import DeviceRecord, FormerDevice
from wigwag.engine.native.store.writes_keys import decode_device, decode_shared
from wigwag.model.jid import parse_jid
from wigwag.wire.signal.curve import KeyPair
from wigwag.wire.signal.keys import PreKey, SignedPreKey


class KeyReads(StoreReading):
    """What encrypts and decrypts, per account."""

    def list_accounts(self) -> list[str]:
        """The accounts that have an identity here."""
        return [row[0] for row in self._rows("SELECT account FROM devices ORDER BY account", ())]

    def list_former_devices(self, account: str) -> list[FormerDevice]:
        """Identities of this account that were unlinked, newest first."""
        rows = self._rows(
            "SELECT jid, lid, ended_at, reason FROM former_devices WHERE account = ?"
            " ORDER BY ended_at DESC",
            (account,),
        )
        return [
            FormerDevice(
                account=account,
                jid=parse_jid(jid),
                lid=parse_jid(lid) if lid else None,
                ended_at=ended_at,
                reason=reason,
            )
            for jid, lid, ended_at, reason in rows
        ]

    def find_device(self, account: str) -> DeviceRecord | None:
        """The account's identity as a device, paired or not."""
        return self._find(
            ("devices", account),
            "SELECT record FROM devices WHERE account = ?",
            (account,),
            lambda row: decode_device(row[0]),
        )

    def find_prekey(self, account: str, id: int) -> PreKey | None:  # noqa: A002
        return self._find(
            ("prekeys", account, str(id)),
            "SELECT private, public FROM prekeys WHERE account = ? AND id = ?",
            (account, id),
            lambda row: PreKey(id=id, pair=KeyPair(private=row[0], public=row[1])),
            keep=False,
        )

    def find_signed_prekey(self, account: str, id: int) -> SignedPreKey | None:  # noqa: A002
        return self._find(
            ("signed_prekeys", account, str(id)),
            "SELECT private, public, signature FROM signed_prekeys WHERE account = ? AND id = ?",
            (account, id),
            lambda row: SignedPreKey(
                id=id, pair=KeyPair(private=row[0], public=row[1]), signature=row[2]
            ),
        )

    def prekey_source(self, account: str) -> "AccountPreKeys":
        """The prekeys of an account, as the Signal sessions look them up."""
        return AccountPreKeys(self, account)

    def list_prekeys_to_upload(self, account: str, limit: int) -> list[PreKey]:
        """Prekeys that were made and never confirmed by the server, lowest id first."""
        rows = self._rows(
            "SELECT id, private, public FROM prekeys WHERE account = ? AND uploaded = 0"
            " ORDER BY id LIMIT ?",
            (account, limit),
        )
        return [
            PreKey(id=id, pair=KeyPair(private=private, public=public))
            for id, private, public in rows  # noqa: A001
        ]

    def last_prekey_id(self, account: str) -> int:
        """The highest id of those for the server, 0 when there is none."""
        row = self._row(
            "SELECT max(id) FROM prekeys WHERE account = ? AND uploaded < 2", (account,)
        )
        return (row[0] if row else 0) or 0

    def count_uploaded_prekeys(self, account: str) -> int:
        row = self._row(
            "SELECT count(*) FROM prekeys WHERE account = ? AND uploaded = 1", (account,)
        )
        return row[0] if row else 0

    def find_session(self, account: str, address: str) -> bytes | None:
        """The serialised session record with a device (`addresses.signal_address`)."""
        return self._find(
            ("sessions", account, address),
            "SELECT record FROM sessions WHERE account = ? AND address = ?",
            (account, address),
            first,
        )

    def find_identity(self, account: str, address: str) -> bytes | None:
        return self._find(
            ("identities", account, address),
            "SELECT public FROM identities WHERE account = ? AND address = ?",
            (account, address),
            first,
        )

    def find_sender_key(self, account: str, group: str, sender: str) -> bytes | None:
        return self._find(
            ("sender_keys", account, group, sender),
            'SELECT record FROM sender_keys WHERE account = ? AND "group" = ? AND sender = ?',
            (account, group, sender),
            first,
        )

    def find_shared(self, account: str, group: str) -> dict[str, int]:
        """Who has our sender key of a group; do not change the mapping, write a new one."""
        found = self._find(
            ("sender_key_shared", account, group),
            'SELECT shared FROM sender_key_shared WHERE account = ? AND "group" = ?',
            (account, group),
            lambda row: decode_shared(row[0]),
        )
        return {} if found is None else found


class AccountPreKeys:
    """The prekeys of one account: what `decrypt_prekey_message` looks keys up in."""

    def __init__(self, store: KeyReads, account: str) -> None:
        self._store = store
        self._account = account

    def find_prekey(self, id: int) -> PreKey | None:  # noqa: A002
        return self._store.find_prekey(self._account, id)

    def find_signed_prekey(self, id: int) -> SignedPreKey | None:  # noqa: A002
        return self._store.find_signed_prekey(self._account, id)
