"""The keys of callers: made once, known by their digests alone."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.model.account import NAME_RULE, is_account_name
from wigwag.model.errors import Conflict, InvalidInput, NotFound
from wigwag.model.instant import maybe_time_of, ms_of, time_of
from wigwag.model.key import ApiKey, KeyRecord, Scope
from wigwag.ports import Archive, Clock

CONFIGURED: Final = "configured"
"""The id of the key that the settings name; it is not stored."""
FIRST: Final = "admin"
"""The name of the key that the first start makes."""
MAX_KEYS: Final = 1_000
MAX_CHATS: Final = 100
MAX_NAME: Final = 100
KEY_NAME_PATTERN: Final = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
"""A line with something in it that can be seen."""
_NAME: Final = re.compile(KEY_NAME_PATTERN)
_SECRET_BYTES: Final = 32


def digest_of(secret: str) -> bytes:
    """What is kept of a key: keys are long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class KeyRing:
    """The keys in memory, by digest."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._keys: dict[bytes, ApiKey] = {}
        self._clock = clock

    def add(self, digest: bytes, key: ApiKey) -> None:
        self._keys[digest] = key

    def change(self, key: ApiKey) -> None:
        """The key of this id is like this from now on; its secret stays."""
        self._keys = {
            digest: key if known.id == key.id else known for digest, known in self._keys.items()
        }

    def add_stored(self, digest: bytes, key: ApiKey) -> None:
        """The same, unless it is here: its limits may have moved since it was stored so."""
        self._keys.setdefault(digest, key)

    def remove(self, key_id: str) -> None:
        self._keys = {digest: key for digest, key in self._keys.items() if key.id != key_id}

    def all(self) -> list[ApiKey]:
        """All, those that have expired too; the oldest first."""
        return list(self._keys.values())

    def holds(self, key: ApiKey) -> bool:
        """Whether this key is there still, reaches what it reached, and has not expired."""
        now = self._clock.now()
        return any(
            known.id == key.id and known.rights == key.rights and known.is_valid(now)
            for known in self._keys.values()
        )

    def find(self, secret: str) -> ApiKey | None:
        """The key with this secret, unless it is unknown or has expired.

        Only digests are compared, so that the time it takes tells nothing of a secret.
        """
        key = self._keys.get(digest_of(secret))
        return key if key is not None and key.is_valid(self._clock.now()) else None


class Keys:
    """Makes keys and takes them back. `ring` is what callers are checked against."""

    def __init__(
        self,
        archive: Archive,
        *,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._random = random
        self.ring = KeyRing(clock)
        self._changing = asyncio.Lock()
        """Held from a look at all keys until what follows from it is done."""

    async def load(self, configured: str = "") -> None:
        """Take up the stored keys, and the one of the settings, which may do everything."""
        self._archive.watch_moves(self._follow)
        for record in await self._archive.list_keys():
            self.ring.add_stored(record.digest, key_of(record))
        if configured:
            self.ring.add(digest_of(configured), configured_key(self._clock))

    def _follow(self, records: Sequence[KeyRecord]) -> None:
        """Addresses have moved, and with them what some keys are limited to."""
        for record in records:
            self.ring.add(record.digest, key_of(record))

    def list(self) -> list[ApiKey]:
        return self.ring.all()

    def get(self, key_id: str) -> ApiKey:
        """Raises NotFound."""
        for key in self.ring.all():
            if key.id == key_id:
                return key
        raise NotFound("There is no such key.")

    async def create(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        accounts: Collection[str] = (),
        chats: Collection[str] = (),
        expires_at: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is told this once. `chats` are canonical JIDs.

        Raises InvalidInput, Conflict (too many keys).
        """
        async with self._changing:
            if len(self.ring.all()) >= MAX_KEYS:
                raise Conflict(f"There are {MAX_KEYS} keys already; delete one first.")
            now = self._clock.now()
            return await self._add(
                KeyRecord(
                    id="key_" + self._random(9),
                    digest=b"",
                    name=_checked_name(name),
                    scopes=" ".join(sorted(_checked_scopes(scopes))),
                    accounts=" ".join(sorted(_checked_accounts(accounts))),
                    chats=" ".join(sorted(_checked_chats(chats))),
                    created_ms=ms_of(now),
                    expires_ms=(
                        ms_of(_checked_end(expires_at, now)) if expires_at is not None else None
                    ),
                )
            )

    async def change(
        self,
        key_id: str,
        *,
        name: str | None = None,
        expires_at: datetime | UnsetType | None = UNSET,
    ) -> ApiKey:
        """Another name, another end (None is none); what is left out stays, and so does the secret.

        Raises NotFound, InvalidInput, Conflict for what must stay.
        """
        async with self._changing:
            key = self._own(key_id)
            name = key.name if name is None else _checked_name(name)
            ends = key.expires_at if expires_at is UNSET else self._other_end(key, expires_at)
            expires_ms = ms_of(ends) if ends is not None else None
            await self._archive.write(
                lambda tx: tx.keys.change(key_id, name=name, expires_ms=expires_ms)
            )
            # its limits may have moved meanwhile
            key = replace(self.get(key_id), name=name, expires_at=ends)
            self.ring.change(key)
            return key

    async def delete(self, key_id: str) -> None:
        """From now on it opens nothing. Raises NotFound, Conflict for what must stay."""
        async with self._changing:
            key = self._own(key_id)
            self._check_others(key)
            await self._archive.write(lambda tx: tx.keys.remove(key_id))
            self.ring.remove(key_id)

    async def create_first(self) -> str:
        """The secret of a new admin key when none can administer this server; else ""."""
        async with self._changing:
            now = self._clock.now()
            if any(key.governs(now) for key in self.ring.all()):
                return ""
            first = KeyRecord(
                id="key_" + self._random(9),
                digest=b"",
                name=FIRST,
                scopes=Scope.ADMIN.value,
                accounts="",
                chats="",
                created_ms=ms_of(now),
                expires_ms=None,
            )
            return (await self._add(first))[1]

    async def _add(self, record: KeyRecord) -> tuple[ApiKey, str]:
        secret = "wgw_" + self._random(_SECRET_BYTES)
        record = record._replace(digest=digest_of(secret))
        await self._archive.write(lambda tx: tx.keys.add(record))
        key = key_of(record)
        self.ring.add_stored(record.digest, key)
        return key, secret

    def _own(self, key_id: str) -> ApiKey:
        """A key that is kept here. Raises NotFound, Conflict."""
        key = self.get(key_id)
        if key.id == CONFIGURED:
            raise Conflict("This key is set by WIGWAG_API_KEY; change it there.")
        return key

    def _other_end(self, key: ApiKey, ends: datetime | None) -> datetime | None:
        """Raises InvalidInput, Conflict."""
        if ends is None:
            return None
        ends = time_of(ms_of(_checked_end(ends, self._clock.now())))
        if key.expires_at is None or ends < key.expires_at:
            self._check_others(key)
        return ends

    def _check_others(self, key: ApiKey) -> None:
        """Raises Conflict where, without this key, some day nobody could administer the server."""
        if key.governs(self._clock.now()) and not any(
            other.governs_always for other in self.ring.all() if other.id != key.id
        ):
            raise Conflict(
                "This is the last key with the scope admin, without limits and without an end; "
                "make another one first."
            )


def configured_key(clock: Clock = SYSTEM_CLOCK) -> ApiKey:
    """The key of the settings."""
    return ApiKey(
        id=CONFIGURED, name=CONFIGURED, scopes=frozenset({Scope.ADMIN}), created_at=clock.now()
    )


def key_of(record: KeyRecord) -> ApiKey:
    return ApiKey(
        id=record.id,
        name=record.name,
        scopes=frozenset(Scope(scope) for scope in record.scopes.split()),
        created_at=time_of(record.created_ms),
        accounts=frozenset(record.accounts.split()),
        chats=frozenset(record.chats.split()),
        expires_at=maybe_time_of(record.expires_ms),
    )


def _checked_name(name: str) -> str:
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise InvalidInput(
            f"A key needs a name of 1 to {MAX_NAME} characters, without control characters."
        )
    return name.strip()


def _checked_scopes(scopes: Collection[Scope]) -> Collection[Scope]:
    if not scopes:
        raise InvalidInput(f"A key needs a scope; there are {', '.join(Scope)}.")
    return scopes


def _checked_accounts(accounts: Collection[str]) -> Collection[str]:
    if not all(map(is_account_name, accounts)):
        raise InvalidInput(f"The name of an account is {NAME_RULE}.")
    return accounts


def _checked_chats(chats: Collection[str]) -> Collection[str]:
    if len(chats) > MAX_CHATS:
        raise InvalidInput(f"A key can be limited to {MAX_CHATS} chats at the most.")
    return chats


def _checked_end(expires_at: datetime, now: datetime) -> datetime:
    if expires_at <= now:
        raise InvalidInput("expires_at lies in the past.")
    return expires_at
