"""Control routes of the network itself: groups, faults, the transcript, the media host."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid, parse_jid, parse_recipient
from wigwag.sandbox.control import models
from wigwag.sandbox.control.views import Json, page, show_fault, show_file, show_group
from wigwag.sandbox.network.faults import fault_from_json
from wigwag.sandbox.network.groups import Group
from wigwag.sandbox.network.schedules import HARMLESS, random_schedule
from wigwag.sandbox.network.transcript import entry_to_json
from wigwag.sandbox.sandbox import Sandbox

CREATED = 201

After = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def add_network(router: APIRouter, sandbox: Sandbox) -> None:
    _add_groups(router, sandbox)
    _add_calls(router, sandbox)
    _add_faults(router, sandbox)
    _add_records(router, sandbox)


def _add_groups(router: APIRouter, sandbox: Sandbox) -> None:
    def find(jid: str) -> Group:
        return sandbox.network.groups.get(parse_jid(jid))

    @router.get("/groups")
    async def list_groups() -> Json:
        return page([show_group(sandbox, group) for group in sandbox.groups])

    @router.post("/groups", status_code=CREATED)
    async def add_group(body: models.NewGroup) -> Json:
        group = sandbox.create_group(
            body.subject, body.participants, body.creator, addressing=body.addressing
        )
        return show_group(sandbox, group)

    @router.get("/groups/{jid}")
    async def get_group(jid: str) -> Json:
        return show_group(sandbox, find(jid))

    @router.patch("/groups/{jid}")
    async def change_group(jid: str, body: models.ChangeGroup) -> Json:
        group = find(jid)
        actor = sandbox.network.directory.get(body.actor) if body.actor else group.creator
        if body.addressing is not None:
            group.addressing = body.addressing
        if body.subject is not None:
            sandbox.network.groups.set_subject(group, actor, body.subject)
        if body.suspended is not None:
            sandbox.network.groups.suspend(group, body.suspended)
        sandbox.hurry()
        return show_group(sandbox, group)

    @router.post("/groups/{jid}/requests", status_code=CREATED)
    async def add_request(jid: str, body: models.NewRequest) -> Json:
        group = find(jid)
        sandbox.network.groups.request(group, sandbox.network.directory.get(body.person))
        sandbox.hurry()
        return show_group(sandbox, group)

    @router.post("/groups/{jid}/participants")
    async def change_members(jid: str, body: models.ChangeMembers) -> Json:
        group = find(jid)
        directory = sandbox.network.directory
        actor = directory.get(body.actor) if body.actor else group.creator
        accounts = [directory.get(who) for who in body.participants]
        sandbox.network.groups.change_members(group, actor, body.action, accounts)
        sandbox.hurry()
        return show_group(sandbox, group)

    _ = list_groups, add_group, get_group, change_group, add_request, change_members


def _add_calls(router: APIRouter, sandbox: Sandbox) -> None:
    @router.post("/calls", status_code=CREATED)
    async def offer_call(body: models.NewCall) -> Json:
        """Somebody calls an account; every device of it rings."""
        find = sandbox.network.directory.get
        group = parse_jid(body.group) if body.group is not None else None
        call = sandbox.network.calls.offer(
            find(body.caller), find(body.to), video=body.video, group=group
        )
        return {"id": call.id, "caller": str(call.caller.lid)}

    @router.patch("/calls/{call_id}", status_code=204)
    async def change_call(call_id: str, body: models.ChangeCall) -> None:
        if body.action == "answer":
            sandbox.network.calls.answer(call_id)
        else:
            sandbox.network.calls.end(call_id, "timeout" if body.action == "timeout" else "")

    _ = offer_call, change_call


def _add_faults(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/faults")
    async def list_faults() -> Json:
        return page([show_fault(active) for active in sandbox.faults.list()])

    @router.post("/faults", status_code=CREATED)
    async def add_fault(body: Annotated[dict[str, Any], Body()]) -> Json:
        """Put a fault in force: `kind`, `target` (or `device`; "" is everybody), `count` ..."""
        fields = dict(body)
        if "device" in fields:
            fields["target"] = fields.pop("device")
        fault = fault_from_json(fields)
        number = sandbox.faults.add(fault)
        return {"id": number, "kind": fault.kind.value, "target": fault.target}

    @router.post("/faults/random", status_code=CREATED)
    async def add_schedule(body: models.NewSchedule) -> Json:
        """Faults that follow from a seed, each in force from its time on; what they are."""
        schedule = random_schedule(
            body.seed,
            count=body.count,
            duration_s=body.duration_s,
            targets=body.targets,
            kinds=body.kinds or HARMLESS,
        )
        sandbox.run_schedule(schedule)
        return page(
            [
                {"at_s": timed.at_s, "kind": timed.fault.kind.value, "target": timed.fault.target}
                for timed in schedule
            ]
        )

    @router.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        sandbox.faults.clear()

    @router.delete("/faults/{number}", status_code=204)
    async def remove_fault(number: int) -> None:
        if not sandbox.faults.remove(number):
            raise NotFound("There is no such fault in force.")

    _ = list_faults, add_fault, add_schedule, clear_faults, remove_fault


def _add_records(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/transcript")
    async def list_transcript(device: str = "", after: After = 0, limit: Limit = 500) -> Json:
        """Every stanza of clients in both directions, in order.

        `device` is a number, a JID (with or without device) or the label of an unpaired client.
        """
        wanted = _device_filter(sandbox, device) if device else None
        entries = sandbox.transcript.entries(after, limit, wanted)
        last = entries[-1].seq if entries else after
        return page([entry_to_json(entry) for entry in entries], last)

    @router.get("/media")
    async def list_media() -> Json:
        """What lies on the media host, encrypted, oldest first."""
        return page([show_file(file) for file in sandbox.media.list()])

    @router.post("/media/expire")
    async def expire_media(body: models.ExpireMedia) -> Json:
        """Give files out no more, as WhatsApp does after weeks: one, or all. Phones have them."""
        paths = (
            [body.direct_path]
            if body.direct_path
            else [file.direct_path for file in sandbox.media.list()]
        )
        return {"expired": sum(sandbox.media.expire(path) for path in paths)}

    _ = list_transcript, list_media, expire_media


def _device_filter(sandbox: Sandbox, text: str) -> Callable[[Jid | str], bool]:
    if text.startswith("unpaired-"):
        return lambda device: device == text
    jid = parse_jid(text) if "@" in text else parse_recipient(text)
    account = sandbox.network.directory.find(jid)
    user = account.pn.user if account is not None else jid.user

    def accept(device: Jid | str) -> bool:
        if isinstance(device, str):
            return False
        return device.user == user and jid.device in (0, device.device)

    return accept
