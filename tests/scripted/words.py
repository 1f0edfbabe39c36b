"""What scripted people say, and what the engine made of it."""

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import OWN_LID, TrafficStage
from wigwag.model.content import Text
from wigwag.model.event import MessageReceived
from wigwag.model.jid import Jid
from wigwag.wire.content import encode_content
from wigwag.wire.nodes import AttrValue, Node

GROUP = Jid("120363000001", "g.us")


def text(words: str) -> bytes:
    return encode_content(Text(text=words))


def group_message(peer: SignalPeer, message_id: str, *encs: Node) -> Node:
    attrs: dict[str, AttrValue] = {
        "from": GROUP,
        "participant": peer.jid,
        "participant_pn": peer.pn,
        "addressing_mode": "lid",
        "id": message_id,
        "t": "1700000000",
        "type": "text",
        "notify": peer.name,
    }
    return Node("message", attrs, list(encs))


def announce(stage: TrafficStage, *members: Jid) -> None:
    """GROUP is the announcements of a community, with ourselves and `members`."""
    stage.groups[GROUP] = [OWN_LID.bare, *members]
    plain = stage.answers["w:g2"]

    def answer(node: Node) -> list[Node] | None:
        (answered,) = plain(node) or [Node("group")]
        group = answered if answered.tag == "group" else answered.kids[0]
        group.content = [*group.kids, Node("announcement"), Node("default_sub_group")]
        return [answered]

    stage.answers["w:g2"] = answer


def contents(stage: TrafficStage) -> dict[str, object]:
    return {e.message.key.id: e.message.content for e in stage.told(MessageReceived)}
