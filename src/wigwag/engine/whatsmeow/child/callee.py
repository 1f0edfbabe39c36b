"""The library as calls are made to it: one client, its addresses, its answers."""

from collections.abc import Sequence
from typing import Any, Final

from wigwag.engine.whatsmeow.child.library import Library
from wigwag.engine.whatsmeow.child.troubles import failure

UUID: Final = b"account"
"""What the one client of this process is called inside the library."""


class Callee:
    """Calls of one client. Every method blocks until the library returns.

    A thread is held meanwhile, since a call of the library cannot be ended.
    """

    def __init__(self, library: Library) -> None:
        self.pb = library.pb
        self._go = library.go

    def jid(self, text: str) -> Any:
        """An address as the library's message."""
        user, at, server = text.partition("@")
        if not at:
            user, server = "", text
        user, _, device = user.partition(":")
        return self.pb.JID(
            User=user,
            RawAgent=0,
            Device=int(device or 0),
            Integrator=0,
            Server=server,
            IsEmpty=not server,
        )

    def jids(self, texts: Sequence[str]) -> Any:
        return self.pb.JIDArray(JIDS=[self.jid(text) for text in texts])

    def raw(self, name: str, *arguments: Any) -> bytes:
        """Calls an export; messages among the arguments go as bytes with their length."""
        flat: list[Any] = [UUID]
        for argument in arguments:
            if hasattr(argument, "SerializeToString"):
                body: bytes = argument.SerializeToString()
                flat += [body, len(body)]
            else:
                flat.append(argument)
        return bytes(getattr(self._go, name)(*flat) or b"")

    def do(self, name: str, *arguments: Any) -> None:
        """A call that answers nothing but an error. Raises CallFailed."""
        sentence = self.raw(name, *arguments)
        if sentence:
            raise failure(sentence.decode("utf-8", "replace"))

    def ask(self, name: str, kind: Any, *arguments: Any) -> Any:
        """A call that answers a message with an `Error`. Raises CallFailed."""
        told = kind.FromString(self.raw(name, *arguments))
        if told.Error:
            raise failure(told.Error)
        return told
