"""What can be asked of a client about groups and communities."""

from collections.abc import Callable
from typing import Any

from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.child.callee import Callee
from wigwag.engine.whatsmeow.child.reading import group_of, jid_text, member_of, seconds
from wigwag.engine.whatsmeow.facts import GroupTold, Member


def group_calls(callee: Callee) -> dict[type, Callable[[Any], object]]:
    """A function for each Ask about groups."""
    groups = _Groups(callee)
    do, jid = callee.do, callee.jid
    return {
        asks.CreateGroup: groups.create,
        asks.GetGroup: groups.get,
        asks.ListGroups: groups.list_joined,
        asks.LeaveGroup: lambda ask: do("LeaveGroup", jid(ask.group)),
        asks.ChangeMembers: groups.change_members,
        asks.SetSubject: lambda ask: do("SetGroupName", jid(ask.group), ask.subject.encode()),
        asks.SetTopic: lambda ask: do(
            "SetGroupTopic", jid(ask.group), b"", b"", ask.topic.encode()
        ),
        asks.SetLocked: lambda ask: do("SetGroupLocked", jid(ask.group), ask.locked),
        asks.SetAnnounce: lambda ask: do("SetGroupAnnounce", jid(ask.group), ask.announce),
        asks.SetTimer: groups.set_timer,
        asks.InviteLink: groups.invite_link,
        asks.PreviewLink: groups.preview,
        asks.JoinLink: groups.join,
        asks.ListRequests: groups.list_requests,
        asks.ListSubgroups: groups.list_subgroups,
        asks.ListLinkedMembers: groups.list_linked_members,
        asks.LinkGroup: lambda ask: do(
            "LinkGroup" if ask.linked else "UnlinkGroup", jid(ask.community), jid(ask.group)
        ),
    }


class _Groups:
    """Groups of one client. Raises CallFailed."""

    def __init__(self, callee: Callee) -> None:
        self._callee = callee
        self._pb = callee.pb

    def create(self, ask: asks.CreateGroup) -> GroupTold:
        pb, callee = self._pb, self._callee
        wanted = pb.ReqCreateGroup(
            name=ask.subject, Participants=callee.jids(ask.people).JIDS, CreateKey=""
        )
        if ask.community:
            wanted.GroupParent.IsParent = True
            wanted.GroupParent.DefaultMembershipApprovalMode = ""
        if ask.parent:
            wanted.GroupLinkedParent.LinkedParentJID.CopyFrom(callee.jid(ask.parent))
        told = callee.ask("CreateGroup", pb.GetGroupInfoReturnFunction, wanted)
        return group_of(told.GroupInfo)

    def get(self, ask: asks.GetGroup) -> GroupTold:
        jid = self._callee.jid(ask.group)
        told = self._callee.ask("GetGroupInfo", self._pb.GetGroupInfoReturnFunction, jid)
        return group_of(told.GroupInfo)

    def list_joined(self, _ask: asks.ListGroups) -> tuple[GroupTold, ...]:
        told = self._callee.ask("GetJoinedGroups", self._pb.GetJoinedGroupsReturnFunction)
        return tuple(map(group_of, told.Group))

    def change_members(self, ask: asks.ChangeMembers) -> tuple[Member, ...]:
        callee, pb = self._callee, self._pb
        told = callee.ask(
            "UpdateGroupParticipants",
            pb.UpdateGroupParticipantsReturnFunction,
            callee.jid(ask.group),
            callee.jids(ask.people),
            ask.change.encode(),
        )
        return tuple(map(member_of, told.participants))

    def set_timer(self, ask: asks.SetTimer) -> None:
        nanoseconds = ask.seconds * 10**9
        if ask.chat:
            self._callee.do("SetDisappearingTimer", self._callee.jid(ask.chat), nanoseconds, 0)
        else:
            self._callee.do("SetDefaultDisappearingTimer", nanoseconds)

    def invite_link(self, ask: asks.InviteLink) -> str:
        callee, kind = self._callee, self._pb.GetGroupInviteLinkReturnFunction
        told = callee.ask("GetGroupInviteLink", kind, callee.jid(ask.group), ask.reset)
        return told.InviteLink

    def preview(self, ask: asks.PreviewLink) -> GroupTold:
        kind = self._pb.GetGroupInfoReturnFunction
        return group_of(self._callee.ask("GetGroupInfoFromLink", kind, ask.code.encode()).GroupInfo)

    def join(self, ask: asks.JoinLink) -> str:
        kind = self._pb.JoinGroupWithLinkReturnFunction
        return jid_text(self._callee.ask("JoinGroupWithLink", kind, ask.code.encode()).Jid)

    def list_requests(self, ask: asks.ListRequests) -> tuple[tuple[str, int], ...]:
        callee, kind = self._callee, self._pb.GetGroupRequestParticipantsReturnFunction
        told = callee.ask("GetGroupRequestParticipants", kind, callee.jid(ask.group))
        return tuple((jid_text(one.Participant), seconds(one.TimeAt)) for one in told.Participants)

    def list_subgroups(self, ask: asks.ListSubgroups) -> tuple[tuple[str, str, bool], ...]:
        callee, kind = self._callee, self._pb.GetSubGroupsReturnFunction
        told = callee.ask("GetSubGroups", kind, callee.jid(ask.community))
        return tuple(
            (jid_text(one.JID), one.GroupName.Name, one.GroupIsDefaultSub.IsDefaultSubGroup)
            for one in told.GroupLinkTarget
        )

    def list_linked_members(self, ask: asks.ListLinkedMembers) -> tuple[str, ...]:
        callee, kind = self._callee, self._pb.ReturnFunctionWithError
        told = callee.ask("GetLinkedGroupsParticipants", kind, callee.jid(ask.community))
        return tuple(map(jid_text, told.GetLinkedGroupsParticipants.JIDS))
