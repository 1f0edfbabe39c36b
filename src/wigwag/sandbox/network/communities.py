"""What clients ask about communities: groups that are linked to a parent."""

from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.groups import Group, Groups, Member, brief
from wigwag.sandbox.network.stanzas import iq_error, iq_result
from wigwag.wire.nodes import AttrValue, Node


class CommunityRequests:
    """Answers the part of w:g2 that is about communities; the asker is in `community`."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def answer(self, device: Device, iq: Node, community: Group, member: Member) -> Node:
        """Refusals: 403 not an admin, 404 no community; of a link, in the group's element."""
        request = iq.kids[0]
        if not community.community:
            return iq_error(iq, 404, "item-not-found")
        if request.tag == "sub_groups":
            listed: list[Node] = [brief(group) for group in self._groups.children(community)]
            return iq_result(iq, Node("sub_groups", {}, listed))
        if request.tag == "linked_groups_participants":
            return iq_result(iq, Node(request.tag, {}, self._people(community)))
        if not member.is_admin:
            return iq_error(iq, 403, "forbidden")
        if request.tag == "links":
            linked: list[Node] = [
                self._change(device.account, community, kid)
                for kid in request.children_with("link")
            ]
            return iq_result(iq, Node("links", {}, linked))
        return iq_result(iq, self._change(device.account, community, request))

    def _change(self, actor: Account, community: Group, change: Node) -> Node:
        """Link or unlink the groups of one element."""
        changed: list[Node] = []
        for node in change.children_with("group"):
            jid = node.require_jid("jid")
            child = self._groups.find(jid)
            error = self._refusal(actor, community, child, link=change.tag == "link")
            attrs: dict[str, AttrValue] = {"jid": jid}
            if child is None or error:
                attrs["error"] = error
            elif change.tag == "link":
                self._groups.link(community, actor, child)
            else:
                self._groups.unlink(community, actor, child)
            changed.append(Node("group", attrs))
        return Node(change.tag, change.attrs, changed)

    @staticmethod
    def _refusal(actor: Account, community: Group, child: Group | None, *, link: bool) -> str:
        if child is None:
            return "404"
        if not link:
            return "" if child.parent == community.jid and not child.default_subgroup else "406"
        member = child.members.get(actor.lid)
        if member is None or not member.is_admin:
            return "403"
        return "409" if child.parent is not None or child.community else ""

    def _people(self, community: Group) -> list[Node]:
        """Everybody in any of the groups, once."""
        people: dict[str, Node] = {}
        for group in (community, *self._groups.children(community)):
            for account in group.accounts():
                people.setdefault(str(account.lid), self._groups.participant(community, account))
        return list(people.values())
