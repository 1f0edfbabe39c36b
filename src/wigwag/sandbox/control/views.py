"""How the control interface shows things: JSON-ready dicts."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from wigwag.model.content import Contacts, Location
from wigwag.model.jid import Jid
from wigwag.sandbox.edge.mediahost import MediaFile
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import ActiveFault
from wigwag.sandbox.network.groups import Group
from wigwag.sandbox.residents.correspondent import Correspondent, SeenReceipt
from wigwag.sandbox.residents.inbox import InboxEntry
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox

Json = dict[str, Any]


def page(items: list[Json], next_cursor: int | None = None) -> Json:
    """A list; `next_cursor` goes into `after` to read on."""
    cursor = None if next_cursor is None else str(next_cursor)
    return {"items": items, "next_cursor": cursor}


def show_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def show_sandbox(sandbox: Sandbox) -> Json:
    return {
        "proxy_url": sandbox.proxy_url,
        "ws_url": sandbox.ws_url,
        "ca_file": str(sandbox.ca_file),
        "ca_pem": {"path": str(sandbox.ca_file), "text": sandbox.ca_file.read_text()},
        "noise_root_hex": sandbox.noise_root.hex(),
        "phones": [show_phone(phone) for phone in sandbox.phones.values()],
        "people": [show_person(person) for person in sandbox.people.values()],
        "groups": [show_group(sandbox, group) for group in sandbox.groups],
        "counters": sandbox.network.counters,
    }


def show_phone(phone: Phone) -> Json:
    companions = phone.account.companions
    return {**_show_resident(phone), "companions": [_show_companion(one) for one in companions]}


def _show_companion(device: Device) -> Json:
    described = device.description
    return {
        "device": device.number,
        "jid": str(device.pn),
        "lid": str(device.lid),
        "connected": device.link is not None,
        "waiting": len(device.mailbox),
        "platform": described.platform if described is not None else "",
    }


def show_person(person: Person) -> Json:
    account = person.surroundings.network.directory.get(person.lid)
    return {
        **_show_resident(person),
        "behaviour": person.behaviour.value,
        "lid_only": person.lid_only,
        "addressing": account.addressing,
        "withheld": sorted(account.withheld),
        "receipts": person.sends_receipts,
        "devices": [0, *person.companions],
    }


def _show_resident(one: Correspondent) -> Json:
    return {
        "phone": one.phone,
        "jid": str(one.jid),
        "lid": str(one.lid),
        "name": one.name,
        "inbox": len(one.inbox),
        "counters": dict(one.counters),
    }


def show_group(sandbox: Sandbox, group: Group) -> Json:
    address = sandbox.surroundings.public_address
    return {
        "jid": str(group.jid),
        "subject": group.subject,
        "creator": str(address(group.creator.lid)),
        "addressing": group.addressing,
        "created": show_time(datetime.fromtimestamp(group.created, UTC)),
        "participants": [
            {
                "jid": str(address(lid)),
                "lid": str(lid),
                "name": member.account.name,
                "role": member.role or "member",
            }
            for lid, member in group.members.items()
        ],
    }


def show_entry(sandbox: Sandbox, entry: InboxEntry) -> Json:
    """An inbox entry. `from` and `chat` are phone-number JIDs where these may be known."""
    address = sandbox.surroundings.public_address
    return {
        "seq": entry.seq,
        "id": entry.id,
        "from": str(address(entry.sender)),
        "from_lid": _lid(entry.sender),
        "from_me": entry.from_me,
        "device": entry.device,
        "chat": str(address(entry.chat)),
        "chat_lid": _lid(entry.chat),
        "type": entry.kind,
        "text": entry.text,
        "media": None if entry.media is None else msgspec.to_builtins(entry.media),
        "timestamp": show_time(entry.timestamp),
        "push_name": entry.push_name,
        "view_once": entry.view_once,
        **_show_details(entry),
    }


def _lid(jid: Jid) -> str | None:
    return str(jid) if jid.is_lid else None


def _show_details(entry: InboxEntry) -> Json:
    """What only some kinds have."""
    content = entry.content
    details: Json = {}
    if entry.target:
        details["target"] = entry.target
    if entry.options or entry.kind == "poll_vote":
        details["options"] = list(entry.options)
    if isinstance(content, Location):
        details["location"] = {
            "latitude": content.latitude,
            "longitude": content.longitude,
            "name": content.name,
            "address": content.address,
        }
    if isinstance(content, Contacts):
        details["contacts"] = [{"name": card.name, "vcard": card.vcard} for card in content.cards]
    context = getattr(content, "context", None)
    if context is not None and context.quoted is not None:
        details["reply_to"] = context.quoted.id
    if context is not None and context.mentions:
        details["mentions"] = [str(jid) for jid in context.mentions]
    return details


def show_receipt(sandbox: Sandbox, receipt: SeenReceipt) -> Json:
    address = sandbox.surroundings.public_address
    return {
        "kind": receipt.kind,
        "ids": list(receipt.ids),
        "chat": str(address(receipt.chat)),
        "from": str(address(receipt.sender)),
        "device": receipt.sender.device,
    }


def show_fault(active: ActiveFault) -> Json:
    fault: Json = msgspec.to_builtins(active.fault)
    return {"id": active.id, "asked": active.asked, "acted": active.acted, **fault}


def show_file(file: MediaFile) -> Json:
    return {
        "type": file.mms_type,
        "token": file.token,
        "direct_path": file.direct_path,
        "size_bytes": file.size,
        "stored_at": show_time(datetime.fromtimestamp(file.stored_at, UTC)),
        "downloads": file.downloads,
    }
