"""Makes the parts of one account from what its engine was given."""

import random
from collections.abc import Awaitable, Callable

from wigwag.engine.common.announcer import Announcer
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.loggedin import LoggedIn
from wigwag.engine.native.connection.pairing import Pairing, PairingEars, new_device
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.identity import Identity, TrafficPart
from wigwag.engine.native.link import Link
from wigwag.engine.native.options import EngineOptions
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.version import VersionBook
from wigwag.ports import Clock, EngineSink
from wigwag.wire.client_payload import login_payload, registration_payload
from wigwag.wire.signal.curve import RandomBytes


class Assembly:
    """What an engine works with, and how its parts are put together."""

    def __init__(
        self,
        account: str,
        *,
        store: EngineStore,
        sink: EngineSink,
        http: HttpPool,
        clock: Clock,
        endpoint: Endpoint,
        options: EngineOptions,
        random_bytes: RandomBytes,
        turns: Turns | None,
        versions: VersionBook,
        traffic: Callable[[Link], TrafficPart],
    ) -> None:
        self.account = account
        self.store = store
        self.http = http
        self.clock = clock
        self.endpoint = endpoint
        self.options = options
        self.versions = versions
        self.jitter = random.Random(int.from_bytes(random_bytes(8), "big"))
        self.announcer = Announcer(account, sink, clock)
        self._sink = sink
        self._random = random_bytes
        self._turns = turns
        self._traffic = traffic

    def pairing(self, ears: PairingEars) -> Pairing:
        """The pairing of a fresh identity."""
        return Pairing(
            self.account,
            new_device(self._random),
            self._connection(),
            store=self.store,
            policy=self.options.pairing,
            clock=self.clock,
            random=self._random,
            ears=ears,
        )

    def registration(self, device: DeviceRecord) -> bytes:
        """What an identity that is to be paired presents."""
        return registration_payload(
            registration_id=device.registration_id,
            identity_public=device.identity.public,
            signed_prekey=device.signed_prekey,
            device=self.options.device,
            version=self.versions.current,
        )

    def identity(
        self,
        device: DeviceRecord,
        *,
        on_device: Callable[[DeviceRecord], None],
        on_online: Callable[[], Awaitable[None]],
    ) -> Identity:
        """A paired identity with its logins and its traffic."""
        link = Link(
            self.account,
            device=device,
            connection=self._connection(),
            store=self.store,
            http=lambda: self.http.session(self.endpoint),
            endpoint=self.endpoint,
            sink=self._sink,
            announcer=self.announcer,
            clock=self.clock,
            random_bytes=self._random,
            jitter=self.jitter,
            on_device=on_device,
        )
        logged_in = LoggedIn(
            link,
            payload=lambda: login_payload(
                link.own_jid,
                os_version=self.options.device.os_version,
                version=self.versions.current,
            ),
            on_online=on_online,
            success_limit_s=self.options.success_limit_s,
            login_limit_s=self.options.login_limit_s,
        )
        return Identity(link, logged_in, self._traffic(link))

    def _connection(self) -> Connection:
        return Connection(
            lambda: self.http.session(self.endpoint),
            self.endpoint,
            clock=self.clock,
            random=self._random,
            keepalive=self.options.keepalive,
            connect_limit_s=self.options.connect_limit_s,
            turns=self._turns,
        )
