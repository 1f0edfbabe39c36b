"""What can be set of the native engine."""

from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.device import DEVICE
from wigwag.engine.common.machine import Persistence
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.loggedin import LOGIN_LIMIT_S, SUCCESS_LIMIT_S
from wigwag.engine.native.connection.opening import CONNECT_LIMIT_S
from wigwag.engine.native.connection.pairing import PairingPolicy
from wigwag.model.value import Value
from wigwag.wire.client_payload import DeviceDescription


class EngineOptions(Value):
    """What can be set of an engine; the defaults are for the real network."""

    device: DeviceDescription = DEVICE
    keepalive: KeepAlivePolicy = KeepAlivePolicy()
    backoff: Backoff = Backoff()
    persistence: Persistence = Persistence()
    pairing: PairingPolicy = PairingPolicy(link_platform=DEVICE.link_platform)
    connect_limit_s: float = CONNECT_LIMIT_S
    success_limit_s: float = SUCCESS_LIMIT_S
    login_limit_s: float = LOGIN_LIMIT_S
