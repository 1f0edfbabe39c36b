"""Randomness of a sandbox: true, or following from a seed."""

import hashlib
import os
import random

from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.saving.saved_state import SavedSandbox


class Chance:
    """Streams of random bytes by purpose.

    Over a restart a seeded stream must not repeat itself, since message ids and ratchet keys come
    from it; so the number of starts goes into it. Only `lasting_stream` is always the same.
    """

    def __init__(self, seed: int | None, saved: SavedSandbox | None = None) -> None:
        self._seeded = seed is not None
        if saved is not None:
            self.secret = saved.secret
        elif seed is not None:
            self.secret = hashlib.sha256(f"wigwag sandbox {seed}".encode()).digest()
        else:
            self.secret = os.urandom(32)
        self.boots = saved.boots + 1 if saved is not None else 1

    def generator(self, purpose: str) -> random.Random:
        if not self._seeded:
            return random.Random(os.urandom(32))
        return random.Random(self.secret.hex() + f" {purpose} {self.boots}")

    def stream(self, purpose: str) -> Random:
        return self.generator(purpose).randbytes if self._seeded else os.urandom

    def lasting_stream(self, purpose: str) -> Random:
        """For the server's keys, which clients go on trusting."""
        return random.Random(self.secret.hex() + f" {purpose}").randbytes
