"""Which addresses may be connected to."""

import socket

import pytest

from wigwag.model.errors import ConfigError
from wigwag.outward.guard import AddressRefused, Guard

REFUSED = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
    "100::1", "5f00::1", "localhost", "",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8")


def info(address: str) -> tuple[int, int, int, str, tuple[object, ...]]:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    guard = Guard()
    assert not guard.permits(address)
    with pytest.raises(AddressRefused):
        guard.socket_of(info(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_reached(address: str) -> None:
    guard = Guard()
    assert guard.permits(address)
    guard.socket_of(info(address)).close()


def test_an_operator_allows_networks_and_hosts() -> None:
    guard = Guard(("127.0.0.0/8", "::1", "CRM.internal."))
    assert guard.permits("127.0.0.1")
    assert guard.permits("::ffff:127.0.0.1")
    assert guard.permits("::1")
    assert not guard.permits("10.0.0.1")
    assert guard.trusts("crm.internal")
    assert not guard.trusts("crm.internal.evil.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "::1", "LOCALHOST", "app.localhost."])
def test_what_is_plainly_not_public_is_refused_without_a_lookup(host: str) -> None:
    assert Guard().refuses(host)
    assert not Guard(("127.0.0.0/8", "10.0.0.1", "::1")).refuses(host)


@pytest.mark.parametrize("host", ["1.1.1.1", "crm.internal", "2130706433", "localhost.example", ""])
def test_what_a_lookup_has_to_tell_is_not_refused_before(host: str) -> None:
    assert not Guard().refuses(host)


def test_a_host_that_is_allowed_by_name_is_not_refused() -> None:
    assert not Guard(("localhost",)).refuses("localhost")


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "http://x", "a:b"])
def test_what_is_no_network_is_a_sentence(entry: str) -> None:
    with pytest.raises(ConfigError, match="WIGWAG_WEBHOOK_ALLOW"):
        Guard((entry,), "WIGWAG_WEBHOOK_ALLOW")
