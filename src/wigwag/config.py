"""The settings: one frozen class, and the only reader of the environment.

Every field can be set by the variable `WIGWAG_<FIELD>`; its annotation is the one place where its
meaning is written (the CLI's help and docs/reference/settings.md are made from it or checked
against it).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final, cast, get_type_hints
from urllib.parse import urlsplit

from wigwag.model.account import NAME_RULE, is_account_name
from wigwag.model.capability import EngineKind
from wigwag.model.errors import ConfigError

PREFIX: Final = "WIGWAG_"
OF_CLIENTS: Final = frozenset({"WIGWAG_URL", "WIGWAG_KEY"})
"""Variables of whoever asks a server, which may be in its environment, too."""
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})
_STORE: Final = Path("store")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a server is told at its start; an annotation is its help. `load_settings` makes it."""

    host: Annotated[str, "Address to listen on; any but loopback asks for API keys."] = "127.0.0.1"
    port: Annotated[int, "TCP port of the HTTP interface; 0 takes a free one."] = 8080
    store: Annotated[Path, "Folder of the databases and media; made when missing."] = _STORE
    sandbox: Annotated[bool, "Serve the emulated WhatsApp network in this process."] = False
    sandbox_port: Annotated[int, "Port of the emulated network in sandbox mode; 0: a free one."] = 0
    keys: Annotated[
        str,
        "on: every route but /health/live asks for an API key; off: none does (on loopback only); "
        "auto: on, except for a sandbox on loopback.",
    ] = "auto"
    api_key: Annotated[
        str, "An API key that may do everything, besides those that are stored; empty: none."
    ] = ""
    classic_open: Annotated[
        bool, "The two classic endpoints ask for no key, on loopback only: for old clients."
    ] = False
    rate_limit: Annotated[
        int,
        "Requests a second that one API key may make, with bursts of twice as many; 0: no limit.",
    ] = 1000
    allowed_hosts: Annotated[
        tuple[str, ...],
        "Host names, comma-separated, that requests may name besides loopback ones.",
    ] = ()
    accounts: Annotated[tuple[str, ...], "Names of the accounts, comma-separated."] = ("default",)
    engine: Annotated[
        str,
        "native, or whatsmeow (needs: pip install 'wigwag[whatsmeow]'): what accounts run on for "
        "which nothing else was chosen.",
    ] = EngineKind.NATIVE.value
    pair_phone: Annotated[
        str, "Pair by an eight-character code for this phone number, next to the QR code."
    ] = ""
    media_roots: Annotated[
        tuple[Path, ...],
        "Folders, comma-separated, that media_path may name; empty: the store's outbox. Of the "
        "store itself it never names more than the outbox and the uploads.",
    ] = ()
    webhook_allow: Annotated[
        tuple[str, ...],
        "Hosts and networks, comma-separated, that webhooks may reach though they are not public.",
    ] = ()
    fetch_allow: Annotated[
        tuple[str, ...],
        "Hosts and networks, comma-separated, that files to send may be fetched from by their URL "
        "though they are not public.",
    ] = ()
    max_media_bytes: Annotated[int, "Largest media file that is sent or fetched."] = 2147483648
    upload_total_bytes: Annotated[
        int,
        "What all files that were handed over may take, until they are a day old; 0: any.",
    ] = 8589934592
    disk_low_bytes: Annotated[
        int,
        "Free bytes on the disk of the store below which no more files are fetched or taken, so "
        "that room is left for messages; 0: files go on to the end.",
    ] = 268435456
    event_days: Annotated[
        int,
        "Days that events are kept, and deliveries that were given up; 0: for ever. What a webhook "
        "has not taken up yet is kept a week longer.",
    ] = 30
    event_max: Annotated[
        int,
        "Events that are kept; 0: any number. Where a webhook has not taken them up yet, twice as "
        "many.",
    ] = 1000000
    message_days: Annotated[int, "Days that messages are kept, with their files; 0: for ever."] = 0
    media_days: Annotated[
        int, "Days after its message that a file is kept; the message stays. 0: for ever."
    ] = 0
    media_total_bytes: Annotated[
        int, "What all files together may take; the oldest go first, their messages stay. 0: any."
    ] = 0
    ws_url: Annotated[str, "Websocket URL of the WhatsApp network."] = (
        "wss://web.whatsapp.com/ws/chat"
    )
    proxy: Annotated[
        str,
        "Proxy for all traffic to WhatsApp, an http, https, socks5 or socks5h URL with its "
        "credentials percent-encoded; it resolves host names and is never bypassed.",
    ] = ""
    proxies: Annotated[
        tuple[str, ...],
        "Proxies of single accounts, comma-separated, as name=socks5://host:1080; "
        "name=direct: none for that account.",
    ] = ()
    ca_file: Annotated[str, "PEM file of the only CA to trust; empty: the system's."] = ""
    noise_root: Annotated[
        str,
        "Root key (64 hex digits) of the network's certificates; empty: WhatsApp's.",
    ] = ""
    wa_version: Annotated[
        str, "WhatsApp Web version to announce (as 2.3000.1045649367); empty: the built-in one."
    ] = ""
    wa_version_lookup: Annotated[
        bool,
        "Look for a newer version on WhatsApp's own page (web.whatsapp.com/sw.js, by the "
        "account's proxy) at the start and when this one is refused.",
    ] = False
    full_history: Annotated[
        bool, "At linking, ask the phone for all of its history, not for the last months."
    ] = False
    fill_gaps: Annotated[
        bool, "After a reconnect, look in the phone's history for messages that could not be read."
    ] = True
    log_level: Annotated[str, "debug, info, warning or error."] = "info"
    log_format: Annotated[str, "console or json."] = "console"

    @property
    def is_loopback(self) -> bool:
        return self.host in _LOOPBACK

    @property
    def asks_for_keys(self) -> bool:
        """Whether callers need a key."""
        if self.keys == "auto":
            return bool(self.api_key) or not (self.sandbox and self.is_loopback)
        return self.keys == "on"

    @property
    def outbox(self) -> Path:
        return self.store / "outbox"

    def proxy_of(self, account: str) -> str:
        """The proxy's URL for the account; "" is a direct connection, by choice."""
        own = {name: url for name, _, url in (pair.partition("=") for pair in self.proxies)}
        chosen = own.get(account, self.proxy)
        return "" if chosen == _DIRECT else chosen

    @property
    def effective_media_roots(self) -> tuple[Path, ...]:
        """The folders that `media_path` may name; the sandbox adds the working directory."""
        roots = self.media_roots or (self.outbox,)
        return (*roots, Path.cwd()) if self.sandbox and not self.media_roots else roots


_OF_CHILDREN: Final = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a child that decodes strangers' files may know: where Python is, and no secret."""
    kept = {name: environ[name] for name in _OF_CHILDREN if name in environ}
    return kept | {"MALLOC_ARENA_MAX": "2"}


def load_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """The settings of the environment, with `overrides` (command line; None: not given) on top.

    Raises ConfigError with the variable's name for an unknown variable or a bad value.
    """
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in OF_CLIENTS:
            continue
        if name not in known:
            raise ConfigError(f"{name} is not a setting; known are: {', '.join(sorted(known))}")
        values[known[name].name] = _parse(name, known[name], text)
    values.update({key: value for key, value in overrides.items() if value is not None})
    settings = Settings(**values)
    _check(settings)
    return settings


def setting_help(name: str) -> str:
    """The help text of the field `name`."""
    hint = get_type_hints(Settings, include_extras=True)[name]
    return str(hint.__metadata__[0])


def _parse(name: str, spec: Field[Any], text: str) -> Any:
    default: Any = spec.default
    text = text.strip()
    if isinstance(default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ConfigError(f"{name} must be true or false")
    if isinstance(default, int):
        if text.isascii() and text.isdigit():
            return int(text)
        raise ConfigError(f"{name} must be a whole number")
    if isinstance(default, Path):
        return Path(text) if text else default
    if isinstance(default, tuple):
        parts = tuple(part.strip() for part in text.split(",") if part.strip())
        return tuple(Path(p) for p in parts) if spec.name == "media_roots" else parts
    return text


_DIRECT: Final = "direct"
_PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in _PROXY_SCHEMES
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.query
            and not parts.fragment
            and parts.path in ("", "/")
        )
    except ValueError:
        return False


def _are_proxies(settings: Settings) -> bool:
    names = [pair.partition("=")[0] for pair in settings.proxies]
    urls = [pair.partition("=")[2] for pair in settings.proxies]
    return (
        len(set(names)) == len(names)
        and set(names) <= set(settings.accounts)
        and all(url == _DIRECT or _is_proxy(url) for url in urls)
    )


_Rule = tuple[Callable[[Settings], object], str]

_RULES: Final[tuple[_Rule, ...]] = (
    (lambda s: 0 <= s.port <= 65535, "WIGWAG_PORT must lie between 0 and 65535"),
    (lambda s: 0 <= s.sandbox_port <= 65535, "WIGWAG_SANDBOX_PORT must lie between 0 and 65535"),
    (lambda s: s.keys in {"auto", "on", "off"}, "WIGWAG_KEYS must be auto, on or off"),
    (
        lambda s: s.is_loopback or s.keys != "off",
        "refusing to listen beyond loopback without keys: unset WIGWAG_KEYS, or --host 127.0.0.1",
    ),
    (
        lambda s: not s.api_key or s.keys != "off",
        "WIGWAG_API_KEY and WIGWAG_KEYS=off contradict each other; unset one of them",
    ),
    (
        lambda s: s.is_loopback or not s.classic_open,
        "refusing to open the classic endpoints beyond loopback: unset WIGWAG_CLASSIC_OPEN",
    ),
    (
        lambda s: not s.api_key or (len(s.api_key) >= 16 and s.api_key.isascii()),
        "WIGWAG_API_KEY must have 16 ASCII characters or more",
    ),
    (
        lambda s: not s.noise_root or re.fullmatch(r"[0-9a-fA-F]{64}", s.noise_root),
        "WIGWAG_NOISE_ROOT must be 64 hex digits",
    ),
    (
        lambda s: s.ws_url.startswith(("wss://", "ws://")),
        "WIGWAG_WS_URL must begin with wss:// (or ws:// for a test network)",
    ),
    (
        lambda s: not s.proxy or _is_proxy(s.proxy),
        (
            "WIGWAG_PROXY must be a URL as http://user:password@host:port, or with https, socks5 "
            "or socks5h; percent-encode what is special in the credentials"
        ),
    ),
    (
        _are_proxies,
        (
            "WIGWAG_PROXIES must be pairs as name=socks5://host:port or name=direct, each for one "
            "of WIGWAG_ACCOUNTS, and none twice"
        ),
    ),
    (
        lambda s: s.engine in set(EngineKind),
        f"WIGWAG_ENGINE must be {' or '.join(EngineKind)}",
    ),
    (
        lambda s: not s.wa_version or re.fullmatch(r"(\d{1,10}\.){2}\d{1,10}", s.wa_version),
        "WIGWAG_WA_VERSION must look like 2.3000.1045649367",
    ),
    (
        lambda s: s.log_level in {"debug", "info", "warning", "error"},
        "WIGWAG_LOG_LEVEL must be debug, info, warning or error",
    ),
    (
        lambda s: s.log_format in {"console", "json"},
        "WIGWAG_LOG_FORMAT must be console or json",
    ),
    (
        lambda s: s.accounts and len(set(s.accounts)) == len(s.accounts),
        "WIGWAG_ACCOUNTS must name at least one account, and none twice",
    ),
    (
        lambda s: all(map(is_account_name, s.accounts)),
        f"WIGWAG_ACCOUNTS: a name is {NAME_RULE}",
    ),
)


def _check(settings: Settings) -> None:
    for is_met, sentence in _RULES:
        if not is_met(settings):
            raise ConfigError(sentence)
    if settings.sandbox:
        _check_sandbox(settings)


def _check_sandbox(settings: Settings) -> None:
    clash = [
        PREFIX + f.name.upper()
        for f in fields(Settings)
        if f.name in {"ws_url", "proxy", "proxies", "ca_file", "noise_root"}
        and cast("object", getattr(settings, f.name)) != f.default
    ]
    if clash:
        raise ConfigError(f"--sandbox brings its own network; unset {', '.join(clash)}")
