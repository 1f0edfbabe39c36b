"""A running listener over loopback."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.neighbours import Neighbourhood
from scripted.town import Town
from wigwag.sandbox.edge.listener import Listener
from wigwag.sandbox.edge.mediahost import MediaHost
from wigwag.sandbox.edge.server_identity import ServerIdentity, make_server_identity
from wigwag.sandbox.edge.tls import TlsIdentity, make_tls_identity
from wigwag.sandbox.network.directory import PublicSignedPreKey
from wigwag.sandbox.network.network import Network
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import make_signed_prekey


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsIdentity:
    return make_tls_identity(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def identity() -> ServerIdentity:
    return make_server_identity(os.urandom, datetime.now(UTC))


@pytest.fixture
async def town(tls: TlsIdentity, identity: ServerIdentity, tmp_path: Path) -> AsyncIterator[Town]:
    loop = asyncio.get_running_loop()
    network = Network(now=time.time, random=random.Random(3), timer=loop.call_later)
    media = MediaHost(tmp_path / "media")
    listener = Listener(network, media, identity, tls.server_context())
    await listener.start()
    account = network.register_account("15550000001", name="Alice")
    keys = generate_key_pair()
    signed = make_signed_prekey(keys, 1)
    public = PublicSignedPreKey(signed.id, signed.pair.public, signed.signature)
    network.publish_keys(account.lid, 5, keys.public, public)
    yield Town(network, listener, media, identity, tls.ca_file, account, keys)
    await listener.stop()
    media.close()


@pytest.fixture
def hood(tmp_path: Path) -> Iterator[Neighbourhood]:
    """Phones and people on a pure network."""
    neighbourhood = Neighbourhood(tmp_path)
    yield neighbourhood
    neighbourhood.close()
