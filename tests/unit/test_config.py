"""The settings: read from the environment, checked, and every refusal names its variable."""

from dataclasses import fields
from pathlib import Path

import pytest

from wigwag.config import PREFIX, Settings, load_settings, setting_help
from wigwag.model.errors import ConfigError


def test_defaults_are_loopback_with_keys() -> None:
    settings = load_settings({})
    assert (settings.host, settings.port, settings.store) == ("127.0.0.1", 8080, Path("store"))
    assert not settings.sandbox
    assert settings.effective_media_roots == (Path("store/outbox"),)


def test_environment_is_read_and_the_command_line_wins() -> None:
    environ = {"WIGWAG_PORT": "9000", "WIGWAG_SANDBOX": "true", "PATH": "/bin"}
    settings = load_settings(environ, port=9001, host=None)
    assert (settings.port, settings.host, settings.sandbox) == (9001, "127.0.0.1", True)


def test_the_sandbox_may_send_files_of_the_working_directory() -> None:
    settings = load_settings({"WIGWAG_SANDBOX": "1"})
    assert Path.cwd() in settings.effective_media_roots
    named = load_settings({"WIGWAG_SANDBOX": "1", "WIGWAG_MEDIA_ROOTS": "/a, /b"})
    assert named.effective_media_roots == (Path("/a"), Path("/b"))


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"WIGWAG_PROT": "1"}, "WIGWAG_PROT"),
        ({"WIGWAG_PROXY": "proxy.example:3128"}, "WIGWAG_PROXY"),
        ({"WIGWAG_PROXY": "ftp://proxy.example"}, "WIGWAG_PROXY"),
        ({"WIGWAG_PROXY": "http://"}, "WIGWAG_PROXY"),
        ({"WIGWAG_PROXY": "http://host:high"}, "WIGWAG_PROXY"),
        ({"WIGWAG_PROXIES": "default"}, "WIGWAG_PROXIES"),
        ({"WIGWAG_PROXIES": "other=direct"}, "WIGWAG_PROXIES"),
        ({"WIGWAG_PROXIES": "default=direct,default=http://a"}, "WIGWAG_PROXIES"),
        ({"WIGWAG_PORT": "high"}, "WIGWAG_PORT"),
        ({"WIGWAG_PORT": "70000"}, "WIGWAG_PORT"),
        ({"WIGWAG_SANDBOX": "maybe"}, "WIGWAG_SANDBOX"),
        ({"WIGWAG_HOST": "0.0.0.0", "WIGWAG_KEYS": "off"}, "WIGWAG_KEYS"),
        ({"WIGWAG_KEYS": "maybe"}, "WIGWAG_KEYS"),
        ({"WIGWAG_KEYS": "off", "WIGWAG_API_KEY": "k" * 16}, "WIGWAG_KEYS"),
        ({"WIGWAG_HOST": "0.0.0.0", "WIGWAG_CLASSIC_OPEN": "1"}, "WIGWAG_CLASSIC_OPEN"),
        ({"WIGWAG_API_KEY": "short"}, "WIGWAG_API_KEY"),
        ({"WIGWAG_NOISE_ROOT": "12"}, "WIGWAG_NOISE_ROOT"),
        ({"WIGWAG_WS_URL": "http://x"}, "WIGWAG_WS_URL"),
        ({"WIGWAG_ENGINE": "go"}, "WIGWAG_ENGINE"),
        ({"WIGWAG_WA_VERSION": "latest"}, "WIGWAG_WA_VERSION"),
        ({"WIGWAG_LOG_LEVEL": "loud"}, "WIGWAG_LOG_LEVEL"),
        ({"WIGWAG_LOG_FORMAT": "xml"}, "WIGWAG_LOG_FORMAT"),
        ({"WIGWAG_ACCOUNTS": "a,a"}, "WIGWAG_ACCOUNTS"),
        ({"WIGWAG_ACCOUNTS": "../x"}, "WIGWAG_ACCOUNTS"),
        ({"WIGWAG_SANDBOX": "1", "WIGWAG_PROXY": "http://127.0.0.1:1"}, "WIGWAG_PROXY"),
    ],
)
def test_bad_settings_are_refused_by_name(environ: dict[str, str], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        load_settings(environ)


def test_what_is_for_those_who_ask_is_no_setting() -> None:
    assert load_settings({"WIGWAG_KEY": "wgw_x", "WIGWAG_URL": "http://x"}) == load_settings({})


def test_other_addresses_ask_for_keys() -> None:
    settings = load_settings({"WIGWAG_HOST": "0.0.0.0", "WIGWAG_SANDBOX": "1"})
    assert not settings.is_loopback
    assert settings.asks_for_keys


@pytest.mark.parametrize(
    ("environ", "asks"),
    [
        ({}, True),
        ({"WIGWAG_SANDBOX": "1"}, False),
        ({"WIGWAG_SANDBOX": "1", "WIGWAG_API_KEY": "k" * 16}, True),
        ({"WIGWAG_SANDBOX": "1", "WIGWAG_KEYS": "on"}, True),
        ({"WIGWAG_KEYS": "off"}, False),
    ],
)
def test_when_keys_are_asked_for(environ: dict[str, str], asks: bool) -> None:
    assert load_settings(environ).asks_for_keys is asks


def test_every_setting_has_a_help_and_a_line_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/settings.md").read_text()
    for spec in fields(Settings):
        assert setting_help(spec.name) in page, spec.name
        assert f"`{PREFIX}{spec.name.upper()}`" in page


def test_accounts_have_the_common_proxy_one_of_their_own_or_none() -> None:
    settings = load_settings(
        {
            "WIGWAG_ACCOUNTS": "a,b,c",
            "WIGWAG_PROXY": "http://me:p%40ss@proxy.example:3128",
            "WIGWAG_PROXIES": "b=socks5://me:p%3Dss@other.example, c=direct",
        }
    )
    assert settings.proxy_of("a") == "http://me:p%40ss@proxy.example:3128"
    assert settings.proxy_of("b") == "socks5://me:p%3Dss@other.example"
    assert settings.proxy_of("c") == ""
