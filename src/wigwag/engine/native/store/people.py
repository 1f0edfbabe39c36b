"""Device lists, LID map, privacy tokens and app state in whatsapp.db."""

from wigwag.engine.native.store.reading import Row, StoreReading, first_text
from wigwag.engine.native.store.records import (
    AppStateKey,
    AppStateVersion,
    DeviceList,
    PrivacyToken,
)
from wigwag.engine.native.store.writes_people import decode_jids
from wigwag.model.jid import Jid


class PeopleReads(StoreReading):
    """Who there is and what was synchronised, per account."""

    def find_device_list(self, account: str, user: Jid) -> DeviceList | None:
        return self._find(
            ("device_lists", account, str(user)),
            "SELECT devices, hash, fetched_at FROM device_lists WHERE account = ? AND user = ?",
            (account, str(user)),
            lambda row: DeviceList(
                user=user, devices=decode_jids(row[0]), hash=row[1], fetched_at=row[2]
            ),
        )

    def find_pn_user(self, account: str, lid_user: str) -> str | None:
        """The phone number (user part) of a LID."""
        pn_user = self._find_pn(account, lid_user)
        return pn_user if pn_user and self._find_lid(account, pn_user) == lid_user else None

    def find_lid_user(self, account: str, pn_user: str) -> str | None:
        """The LID (user part) of a phone number."""
        lid_user = self._find_lid(account, pn_user)
        return lid_user if lid_user and self._find_pn(account, lid_user) == pn_user else None

    def _find_pn(self, account: str, lid_user: str) -> str | None:
        return self._find(
            ("lid_map", account, lid_user),
            "SELECT pn_user FROM lid_map WHERE account = ? AND lid_user = ?",
            (account, lid_user),
            first_text,
        )

    def _find_lid(self, account: str, pn_user: str) -> str | None:
        return self._find(
            ("pn_map", account, pn_user),
            "SELECT lid_user FROM lid_map WHERE account = ? AND pn_user = ?",
            (account, pn_user),
            first_text,
        )

    def find_token(self, account: str, user: str) -> PrivacyToken | None:
        return self._find(
            ("privacy_tokens", account, user),
            "SELECT token, timestamp, sent_at FROM privacy_tokens WHERE account = ? AND user = ?",
            (account, user),
            lambda row: PrivacyToken(token=row[0], timestamp=row[1], sent_at=row[2]),
        )

    def find_appstate_key(self, account: str, id: bytes) -> AppStateKey | None:  # noqa: A002
        return self._find(
            ("appstate_keys", account, id.hex()),
            "SELECT id, data, fingerprint, timestamp FROM appstate_keys"
            " WHERE account = ? AND id = ?",
            (account, id),
            _appstate_key,
        )

    def latest_appstate_key(self, account: str) -> AppStateKey | None:
        """The key to encrypt own changes with."""
        row = self._row(
            "SELECT id, data, fingerprint, timestamp FROM appstate_keys WHERE account = ?"
            " ORDER BY timestamp DESC, id DESC LIMIT 1",
            (account,),
        )
        return None if row is None else _appstate_key(row)

    def find_appstate_version(self, account: str, collection: str) -> AppStateVersion | None:
        return self._find(
            ("appstate_versions", account, collection),
            "SELECT version, hash FROM appstate_versions WHERE account = ? AND collection = ?",
            (account, collection),
            lambda row: AppStateVersion(version=row[0], hash=row[1]),
        )

    def find_appstate_mac(self, account: str, collection: str, index_mac: bytes) -> bytes | None:
        """The durable value MAC of an index."""
        row = self._row(
            "SELECT value_mac FROM appstate_macs"
            " WHERE account = ? AND collection = ? AND index_mac = ?",
            (account, collection, index_mac),
        )
        return None if row is None else row[0]


def _appstate_key(row: Row) -> AppStateKey:
    return AppStateKey(id=row[0], data=row[1], fingerprint=row[2], timestamp=row[3])
