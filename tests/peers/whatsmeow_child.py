"""One real whatsmeow client (the neonize wheel) in a process of its own.

Run by tests.peers.whatsmeow: `python whatsmeow_child.py <socket fd> <database> <noise root hex>`.
Requests and events are JSON lines on the inherited socket: `{"call", "op", ...}` is answered by
`{"call", "result"}` or `{"call", "error"}`; events come as `{"event", "data"}` with the
protobuf's own field names. The environment (proxy, CA) is the parent's work: Go reads it at exec.
"""

# pyright: basic
import base64
import ctypes
import json
import logging
import os
import socket
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

WHATSAPP_ROOT = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")


def patch_noise_root(library: str, root: bytes) -> None:
    """Overwrites the one copy of WhatsApp's root key in the loaded library's data segment."""
    image = Path(library).read_bytes()
    offset = image.find(WHATSAPP_ROOT)
    if offset < 0 or image.find(WHATSAPP_ROOT, offset + 1) >= 0:
        raise RuntimeError("the root key must occur exactly once in the library")
    address = _base_of(library) + _virtual_address(image, offset)
    if ctypes.string_at(address, 32) != WHATSAPP_ROOT:
        raise RuntimeError("the root key is not where the program headers say")
    ctypes.memmove(address, root, 32)


def _virtual_address(image: bytes, offset: int) -> int:
    """Where the ELF64 program headers map this file offset; the segment must be writable."""
    (table,) = struct.unpack_from("<Q", image, 32)
    entry_size, count = struct.unpack_from("<HH", image, 54)
    for index in range(count):
        kind, flags, start, vaddr, _, file_size, _, _ = struct.unpack_from(
            "<IIQQQQQQ", image, table + index * entry_size
        )
        if kind == 1 and start <= offset < start + file_size:
            if not flags & 2:
                raise RuntimeError("the root key lies in a read-only segment")
            return vaddr + offset - start
    raise RuntimeError("no segment holds the root key")


def _base_of(library: str) -> int:
    name = os.path.realpath(library)
    lines = Path("/proc/self/maps").read_text().splitlines()
    return min(int(line.split("-")[0], 16) for line in lines if line.endswith(name))


class Child:
    """Serves the requests of the parent over one socket."""

    def __init__(self, channel: socket.socket, database: str) -> None:
        from neonize.client import NewClient

        self._channel = channel
        self._lock = threading.Lock()
        self._messages: dict[str, Any] = {}
        self._pool = ThreadPoolExecutor(16)
        self.client = NewClient(database, uuid="peer")
        self.received = 0
        self._first = self._last = 0.0
        self._quiet = False

    def write(self, **fields: Any) -> None:
        data = json.dumps(fields).encode() + b"\n"
        with self._lock:
            self._channel.sendall(data)

    def subscribe(self) -> None:
        from neonize import events

        self.client.qr(lambda _, code: self.write(event="qr", data={"code": code.decode()}))
        names = {
            "pair_status": events.PairStatusEv,
            "connected": events.ConnectedEv,
            "disconnected": events.DisconnectedEv,
            "logged_out": events.LoggedOutEv,
            "stream_replaced": events.StreamReplacedEv,
            "temporary_ban": events.TemporaryBanEv,
            "connect_failure": events.ConnectFailureEv,
            "client_outdated": events.ClientOutdatedEv,
            "history": events.HistorySyncEv,
            "receipt": events.ReceiptEv,
            "joined_group": events.JoinedGroupEv,
            "group_info": events.GroupInfoEv,
            "offline_preview": events.OfflineSyncPreviewEv,
            "offline_completed": events.OfflineSyncCompletedEv,
            "undecryptable": events.UndecryptableMessageEv,
            "presence": events.PresenceEv,
            "chat_presence": events.ChatPresenceEv,
        }
        for name, kind in names.items():
            self.client.event(kind)(lambda _, event, name=name: self._on_event(name, event))
        self.client.event(events.MessageEv)(lambda _, event: self._on_message(event))

    def _on_event(self, name: str, event: Any) -> None:
        from google.protobuf.json_format import MessageToDict

        self.write(event=name, data=MessageToDict(event, preserving_proto_field_name=True))

    def _on_message(self, event: Any) -> None:
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self.received += 1
        if self._quiet:
            return
        self._messages[event.Info.ID] = event.Message
        self._on_event("message", event)

    def serve(self) -> None:
        for line in self._channel.makefile("rb"):
            request = json.loads(line)
            self._pool.submit(self._answer, request)

    def _answer(self, request: dict) -> None:
        call = request.pop("call")
        operation = getattr(self, "op_" + request.pop("op"))
        try:
            self.write(call=call, result=operation(**request))
        except Exception as error:  # noqa: BLE001 - told to the parent
            self.write(call=call, error=f"{type(error).__name__}: {error}")

    def _jid(self, text: str) -> Any:
        from neonize.utils.jid import build_jid

        user, _, server = text.partition("@")
        return build_jid(user, server or "s.whatsapp.net")

    def op_connect(self) -> None:
        def run() -> None:
            try:
                self.client.connect()
            except Exception as error:  # noqa: BLE001 - told to the parent
                self.write(event="connect_error", data={"error": str(error)})

        threading.Thread(target=run, daemon=True).start()

    def op_pair_phone(self, phone: str) -> str:
        return self.client.PairPhone(phone, True)

    def op_send_text(self, to: str, text: str) -> dict:
        sent = self.client.send_message(self._jid(to), text)
        return {"id": sent.ID, "timestamp": sent.Timestamp}

    def op_send_image(self, to: str, image: str, caption: str) -> dict:
        sent = self.client.send_image(self._jid(to), base64.b64decode(image), caption)
        return {"id": sent.ID}

    def op_send_document(self, to: str, document: str, filename: str) -> dict:
        sent = self.client.send_document(
            self._jid(to), base64.b64decode(document), filename=filename
        )
        return {"id": sent.ID}

    def op_react(self, chat: str, sender: str, message_id: str, emoji: str) -> dict:
        reaction = self.client.build_reaction(self._jid(chat), self._jid(sender), message_id, emoji)
        return {"id": self.client.send_message(self._jid(chat), reaction).ID}

    def op_edit(self, chat: str, message_id: str, text: str) -> dict:
        from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

        return {
            "id": self.client.edit_message(
                self._jid(chat), message_id, Message(conversation=text)
            ).ID
        }

    def op_revoke(self, chat: str, sender: str, message_id: str) -> dict:
        return {"id": self.client.revoke_message(self._jid(chat), self._jid(sender), message_id).ID}

    def op_download(self, message_id: str) -> str:
        return base64.b64encode(self.client.download_any(self._messages[message_id])).decode()

    def op_create_group(self, subject: str, participants: list) -> str:
        info = self.client.create_group(subject, [self._jid(jid) for jid in participants])
        return f"{info.JID.User}@{info.JID.Server}"

    def op_group_members(self, jid: str) -> list:
        info = self.client.get_group_info(self._jid(jid))
        return [f"{p.JID.User}@{p.JID.Server}" for p in info.Participants]

    def op_contact(self, jid: str) -> dict:
        info = self.client.contact.get_contact(self._jid(jid))
        return {"full_name": info.FullName, "push_name": info.PushName, "found": info.Found}

    def op_is_on_whatsapp(self, phone: str) -> dict:
        (found,) = self.client.is_on_whatsapp(phone)
        return {"is_in": found.IsIn, "jid": f"{found.JID.User}@{found.JID.Server}"}

    def op_mark_read(self, ids: list, chat: str, sender: str) -> None:
        from neonize.utils.enum import ReceiptType

        self.client.mark_read(
            *ids, chat=self._jid(chat), sender=self._jid(sender), receipt=ReceiptType.READ
        )

    def op_available(self) -> None:
        from neonize.utils.enum import Presence

        self.client.send_presence(Presence.AVAILABLE)

    def op_typing(self, chat: str) -> None:
        from neonize.utils.enum import ChatPresence, ChatPresenceMedia

        self.client.send_chat_presence(
            self._jid(chat),
            ChatPresence.CHAT_PRESENCE_COMPOSING,
            ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT,
        )

    def op_force_receipts(self) -> None:
        self.client.set_force_activate_delivery_receipts(True)

    def op_me(self) -> dict:
        me = self.client.get_me()
        return {"jid": f"{me.JID.User}@{me.JID.Server}", "lid": f"{me.LID.User}@{me.LID.Server}"}

    def op_logout(self) -> None:
        self.client.logout()

    def op_disconnect(self) -> None:
        self.client.disconnect()

    def op_stop(self) -> None:
        self.client.stop()

    def op_burst(self, to: str, count: int, in_flight: int) -> float:
        """Sends `count` texts from `in_flight` threads; the seconds it took."""
        jid = self._jid(to)
        with ThreadPoolExecutor(in_flight) as pool:
            started = time.perf_counter()
            for future in [
                pool.submit(self.client.send_message, jid, f"text {i}") for i in range(count)
            ]:
                future.result()
            return time.perf_counter() - started

    def op_count_quietly(self) -> None:
        """From now on messages are counted and timed, not reported."""
        self.received, self._first, self._last, self._quiet = 0, 0.0, 0.0, True

    def op_counted(self) -> dict:
        return {"received": self.received, "seconds": self._last - self._first}

    def op_rss(self) -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    import pylibmagic  # noqa: F401, I001 - first: it lets neonize find libmagic
    import neonize._binder

    logging.disable(logging.CRITICAL)
    patch_noise_root(neonize._binder.gocode._name, bytes.fromhex(sys.argv[3]))
    child = Child(channel, sys.argv[2])
    child.subscribe()
    child.write(event="ready", data={})
    child.serve()
    os._exit(0)


if __name__ == "__main__":
    main()
