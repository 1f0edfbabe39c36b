"""What a whatsmeow client in a child process can be asked to do.

Each `op_<name>` is called by its name with JSON values; bytes travel as base64, addresses as text
(`user@server`), and messages as the JSON form of waE2E.Message with the protobuf's field names.
"""

# pyright: basic
import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict

from peers.whatsmeow_social import SocialOperations, jid_text, parse_jid


def to_json(message: Any) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)


class Operations(SocialOperations):
    """The operations over one client; `report(name, data)` tells the parent of an event."""

    def __init__(self, client: Any, report: Any) -> None:
        self.client = client
        self.report = report
        self.messages: dict[str, Any] = {}
        """Message events by id, as protobufs; the newest of an id counts."""

    # -- connection --

    def op_connect(self) -> None:
        def run() -> None:
            try:
                self.client.connect()
            except Exception as error:  # noqa: BLE001 - told to the parent
                self.report("connect_error", {"error": str(error)})

        threading.Thread(target=run, daemon=True).start()

    def op_pair_phone(self, phone: str) -> str:
        from neonize.utils.enum import ClientType

        # Unless told otherwise, neonize shows itself as a Firefox.
        return self.client.PairPhone(phone, True, client_type=ClientType.CHROME)

    def op_logout(self) -> None:
        self.client.logout()

    def op_disconnect(self) -> None:
        self.client.disconnect()

    def op_stop(self) -> None:
        self.client.stop()

    def op_me(self) -> dict:
        me = self.client.get_me()
        return {"jid": jid_text(me.JID), "lid": jid_text(me.LID), "push_name": me.PushName}

    def op_set_push_name(self, name: str) -> None:
        self.client.set_profile_name(name)

    # -- messages --

    def op_send_text(self, to: str, text: str) -> dict:
        sent = self.client.send_message(parse_jid(to), text)
        return {"id": sent.ID, "timestamp": sent.Timestamp}

    def op_send(self, to: str, message: dict) -> dict:
        """Sends a whole waE2E.Message given in its JSON form."""
        from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

        sent = self.client.send_message(parse_jid(to), ParseDict(message, Message()))
        return {"id": sent.ID, "timestamp": sent.Timestamp}

    def op_forward(self, to: str, message_id: str) -> dict:
        """Sends the content of a message that came, as it is, to somebody."""
        message = self.messages[message_id].Message
        return {"id": self.client.send_message(parse_jid(to), message).ID}

    def op_reply(self, message_id: str, text: str) -> dict:
        """Replies to a message that came, in its chat, quoting it."""
        return {"id": self.client.reply_message(text, self.messages[message_id]).ID}

    def op_send_image(self, to: str, image: str, caption: str) -> dict:
        sent = self.client.send_image(parse_jid(to), base64.b64decode(image), caption)
        return {"id": sent.ID}

    def op_send_document(self, to: str, document: str, filename: str) -> dict:
        sent = self.client.send_document(
            parse_jid(to), base64.b64decode(document), filename=filename
        )
        return {"id": sent.ID}

    def op_send_media(self, to: str, part: str, media_type: str, file: str, card: dict) -> dict:
        """Uploads a file and sends it, as whatsmeow's documentation of Upload shows.

        `part` is the field of waE2E.Message (`imageMessage`, or a path to it), `media_type` the
        name after `Media`, `card` the other fields of that part in their JSON form.
        """
        from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message
        from neonize.utils.enum import MediaType

        data = base64.b64decode(file)
        uploaded = self.client.upload(data, MediaType[f"Media{media_type}"])
        message = Message()
        target: Any = message
        for name in part.split("."):
            target = getattr(target, name)
        ParseDict(card, target)
        target.URL = uploaded.url
        target.directPath = uploaded.DirectPath
        target.mediaKey = uploaded.MediaKey
        target.fileEncSHA256 = uploaded.FileEncSHA256
        target.fileSHA256 = uploaded.FileSHA256
        target.fileLength = uploaded.FileLength
        return {"id": self.client.send_message(parse_jid(to), message).ID}

    def op_send_poll(self, to: str, question: str, options: list) -> dict:
        from neonize.utils.enum import VoteType

        poll = self.client.build_poll_vote_creation(question, options, VoteType.SINGLE)
        return {"id": self.client.send_message(parse_jid(to), poll).ID}

    def op_vote(self, message_id: str, choices: list) -> dict:
        """Votes in a poll that came."""
        poll = self.messages[message_id]
        vote = self.client.build_poll_vote(poll.Info, choices)
        chat = poll.Info.MessageSource.Chat
        return {"id": self.client.send_message(chat, vote).ID}

    def op_open_vote(self, message_id: str) -> list:
        """The SHA-256 of the options of a vote that came."""
        from neonize._binder import gocode
        from neonize.proto.Neonize_pb2 import ReturnFunctionWithError

        # Its own decrypt_poll_vote does not read what the library answers.
        raw = self.messages[message_id].SerializeToString()
        answer = gocode.DecryptPollVote(self.client.uuid, raw, len(raw))
        told = ReturnFunctionWithError.FromString(answer.contents.get_bytes())
        gocode.FreeBytesStruct(answer)
        if told.Error:
            raise ValueError(told.Error)
        return [option.hex() for option in told.PollVoteMessage.selectedOptions]

    def op_react(self, chat: str, sender: str, message_id: str, emoji: str) -> dict:
        reaction = self.client.build_reaction(parse_jid(chat), parse_jid(sender), message_id, emoji)
        return {"id": self.client.send_message(parse_jid(chat), reaction).ID}

    def op_edit(self, chat: str, message_id: str, text: str) -> dict:
        from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

        edited = Message(conversation=text)
        return {"id": self.client.edit_message(parse_jid(chat), message_id, edited).ID}

    def op_revoke(self, chat: str, sender: str, message_id: str) -> dict:
        sent = self.client.revoke_message(parse_jid(chat), parse_jid(sender), message_id)
        return {"id": sent.ID}

    def op_download(self, message_id: str) -> str:
        message = self.messages[message_id].Message
        return base64.b64encode(self.client.download_any(message)).decode()

    # -- receipts --

    def op_mark_read(self, ids: list, chat: str, sender: str, kind: str = "READ") -> None:
        """`kind` is READ or PLAYED."""
        from neonize.utils.enum import ReceiptType

        self.client.mark_read(
            *ids, chat=parse_jid(chat), sender=parse_jid(sender), receipt=ReceiptType[kind]
        )

    def op_force_receipts(self) -> None:
        self.client.set_force_activate_delivery_receipts(True)

    # -- groups --

    def op_create_group(self, subject: str, participants: list) -> str:
        return jid_text(
            self.client.create_group(subject, [parse_jid(jid) for jid in participants]).JID
        )

    def op_group_info(self, jid: str) -> dict:
        return to_json(self.client.get_group_info(parse_jid(jid)))

    def op_joined_groups(self) -> list:
        return [jid_text(group.JID) for group in self.client.get_joined_groups()]

    def op_change_members(self, jid: str, members: list, action: str) -> None:
        """`action` is ADD, REMOVE, PROMOTE or DEMOTE."""
        from neonize.utils.enum import ParticipantChange

        self.client.update_group_participants(
            parse_jid(jid), [parse_jid(member) for member in members], ParticipantChange[action]
        )

    def op_set_subject(self, jid: str, subject: str) -> None:
        self.client.set_group_name(parse_jid(jid), subject)

    def op_leave_group(self, jid: str) -> None:
        self.client.leave_group(parse_jid(jid))

    def op_invite_link(self, jid: str) -> str:
        return self.client.get_group_invite_link(parse_jid(jid))

    def op_join_by_link(self, link: str) -> str:
        return jid_text(self.client.join_group_with_link(link))

    # -- people --

    def op_contact(self, jid: str) -> dict:
        info = self.client.contact.get_contact(parse_jid(jid))
        return {
            "found": info.Found,
            "full_name": info.FullName,
            "first_name": info.FirstName,
            "push_name": info.PushName,
        }

    def op_chat_settings(self, jid: str) -> dict:
        return to_json(self.client.chat_settings.get_chat_settings(parse_jid(jid)))

    def op_is_on_whatsapp(self, phones: list) -> list:
        return [
            {"query": found.Query, "is_in": found.IsIn, "jid": jid_text(found.JID)}
            for found in self.client.is_on_whatsapp(*phones)
        ]

    def op_lid_of(self, pn: str) -> str:
        return jid_text(self.client.get_lid_from_pn(parse_jid(pn)))

    def op_user_info(self, jid: str) -> list:
        return [to_json(info) for info in self.client.get_user_info(parse_jid(jid))]

    def op_devices(self, jid: str) -> list:
        return [device.Device for device in self.client.get_user_devices(parse_jid(jid))]

    def op_block(self, jid: str, blocked: bool) -> None:
        from neonize.utils.enum import BlocklistAction

        action = BlocklistAction.BLOCK if blocked else BlocklistAction.UNBLOCK
        self.client.update_blocklist(parse_jid(jid), action)

    def op_blocklist(self) -> list:
        return [jid_text(jid) for jid in self.client.get_blocklist().JIDs]

    # -- load --

    def op_burst(self, to: str, count: int, in_flight: int, text: str = "text") -> float:
        """Sends `count` texts (`text 0` and so on) from `in_flight` threads; the seconds taken."""
        jid = parse_jid(to)
        with ThreadPoolExecutor(in_flight) as pool:
            started = time.perf_counter()
            for future in [
                pool.submit(self.client.send_message, jid, f"{text} {i}") for i in range(count)
            ]:
                future.result()
            return time.perf_counter() - started
