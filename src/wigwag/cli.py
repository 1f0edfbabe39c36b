"""The command line. Heavy rooms are imported by the command that needs them."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Annotated, Any

import typer

from wigwag import __version__, runtime
from wigwag.config import load_settings, setting_help
from wigwag.model.errors import WigwagError
from wigwag.model.export import ExportFormat
from wigwag.model.key import Scope

app = typer.Typer(
    name="wigwag",
    help="A WhatsApp server for your own programs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help=setting_help("host"))] = None,
    port: Annotated[int | None, typer.Option(help=setting_help("port"))] = None,
    store: Annotated[Path | None, typer.Option(help=setting_help("store"))] = None,
    sandbox: Annotated[bool | None, typer.Option(help=setting_help("sandbox"))] = None,
) -> None:
    """Run the server. Every other setting is a WIGWAG_* variable (docs/reference/settings.md)."""
    from wigwag.app.server import serve as serve_server

    options = {"host": host, "port": port, "store": store, "sandbox": sandbox}
    _run(lambda: serve_server(load_settings(os.environ, **options)))


@app.command("sandbox")
def sandbox_command(
    port: Annotated[int, typer.Option(help="Port of the control interface; 0: a free one.")] = 8090,
    network_port: Annotated[int, typer.Option(help="Port of the network; 0: a free one.")] = 0,
    directory: Annotated[
        Path | None, typer.Option(help="Keep the network's state here over restarts.")
    ] = None,
    empty: Annotated[bool, typer.Option(help="Begin without people and groups.")] = False,
) -> None:
    """Run the emulated WhatsApp network alone, for any client and any test suite."""
    from wigwag.app.standalone import serve_sandbox

    _run(lambda: serve_sandbox(port, network_port, directory, populate=not empty))


@app.command("call")
def call_command(
    operation: Annotated[str, typer.Argument(help="Which one; none: list them.")] = "",
    words: Annotated[
        list[str] | None, typer.Argument(help="Its arguments: values, or name=value.")
    ] = None,
    url: Annotated[
        str, typer.Option(envvar="WIGWAG_URL", help="The server.")
    ] = "http://127.0.0.1:8080",
    key: Annotated[str, typer.Option(envvar="WIGWAG_KEY", help="An API key.")] = "",
    output: Annotated[
        Path | None, typer.Option(help="Write the answer into this new file.")
    ] = None,
) -> None:
    """Ask a running server: `wigwag call send_message default to=... type=text text=Hello`."""
    with _one_sentence():
        from wigwag.asking import ask, listed

        if operation:
            ask(operation, words or [], url=url, key=key, output=output)
        else:
            typer.echo(listed())


@app.command("key")
def key_command(
    name: Annotated[str, typer.Argument(help="What the key is called.")],
    scope: Annotated[
        list[Scope], typer.Option(help="What it may do: read, send, admin (all). Repeatable.")
    ],
    store: Annotated[Path | None, typer.Option(help=setting_help("store"))] = None,
) -> None:
    """Make an API key and print it, while the server does not run: for a lost one, or a script.

    Where there is no store, one is made.
    """
    from wigwag.app.keys import make_key

    async def make() -> None:
        settings = load_settings(os.environ, store=store)

        def say(told: str) -> None:
            typer.echo(f"wigwag: {told}", err=True)

        typer.echo(await make_key(settings, name, scope, say))

    _run(make)


@app.command("export")
def export_command(
    chat: Annotated[str, typer.Argument(help="A phone number or an address.")],
    output: Annotated[Path, typer.Option(help="The folder to make.")],
    account: Annotated[str, typer.Option(help="Whose chat it is.")] = "default",
    form: Annotated[
        ExportFormat, typer.Option("--format", help="How it is written.")
    ] = ExportFormat.HTML,
    store: Annotated[Path | None, typer.Option(help=setting_help("store"))] = None,
) -> None:
    """Write a whole chat with its files into a folder, while the server does not run."""
    from wigwag.app.chatexport import export_chat

    async def export() -> None:
        settings = load_settings(os.environ, store=store)
        typer.echo(await export_chat(settings, account, chat, form, output))

    _run(export)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder for the backup.")],
    store: Annotated[Path | None, typer.Option(help=setting_help("store"))] = None,
) -> None:
    """Copy a store, also while the server runs, and check the copy. It holds secrets: guard it."""
    from wigwag.app.backup import back_up

    async def make() -> None:
        os.umask(0o077)
        settings = load_settings(os.environ, store=store)
        typer.echo(await asyncio.to_thread(back_up, settings.store, folder))

    _run(make)


@app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(help="The folder of the backup.")],
    store: Annotated[Path | None, typer.Option(help="A new folder for the store.")] = None,
    with_session: Annotated[
        bool,
        typer.Option(
            help="Take the linked device along, too; only if the old store never runs again."
        ),
    ] = False,
) -> None:
    """Make a new store of a backup. Without the session the account is linked again."""
    from wigwag.app.backup import restore

    async def make() -> None:
        os.umask(0o077)
        settings = load_settings(os.environ, store=store)
        typer.echo(
            await asyncio.to_thread(restore, folder, settings.store, with_session=with_session)
        )

    _run(make)


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="A phone number, or a JID.")],
    account: Annotated[str, typer.Option(help="Whose archive.")] = "default",
    store: Annotated[Path | None, typer.Option(help=setting_help("store"))] = None,
) -> None:
    """Erase a person from the archive while the server does not run, and write it anew."""
    from wigwag.app.erase import erase_person

    async def make() -> None:
        os.umask(0o077)
        settings = load_settings(os.environ, store=store)
        typer.echo(await erase_person(settings, account, person))

    _run(make)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _run(make: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with _one_sentence():
        runtime.run(make)


@contextlib.contextmanager
def _one_sentence() -> Generator[None]:
    """An error that a person can act on is one sentence, not a traceback."""
    try:
        yield
    except WigwagError as error:
        typer.echo(f"wigwag: {error.detail}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def main() -> None:
    app()
