"""What a business says of itself."""

import pytest

from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile
from wigwag.wire.businesses import read_business
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

SHOP = Jid("15550000002", "s.whatsapp.net")


def said(*content: Node) -> Node:
    return Node("business_profile", {}, [Node("profile", {"jid": SHOP}, list(content))])


def test_everything():
    day = {"day_of_week": "mon", "mode": "specific_hours", "open_time": "540", "close_time": "1080"}
    found = read_business(
        said(
            Node("address", {}, b"1 Main Street"),
            Node("email", {}, b"shop@example.com"),
            Node("description", {}, b"We sell"),
            Node("website", {}, b"https://example.com"),
            Node("website", {}, b"https://example.com/\n"),
            Node("categories", {}, [Node("category", {"id": "1"}, b"Shop")]),
            Node(
                "business_hours",
                {"timezone": "Europe/Berlin"},
                [Node("business_hours_config", {**day})],
            ),
        ),
        SHOP,
    )
    assert found == BusinessProfile(
        jid=SHOP,
        address="1 Main Street",
        email="shop@example.com",
        description="We sell",
        websites=("https://example.com",),
        categories=("Shop",),
        timezone="Europe/Berlin",
        hours=(("mon", "specific_hours", 540, 1080),),
    )


@pytest.mark.parametrize("node", [Node("business_profile"), said()])
def test_nobody_is_a_business_by_saying_nothing(node: Node):
    assert read_business(node, SHOP) is None


def test_hours_that_are_none():
    hours = Node("business_hours", {}, [Node("business_hours_config", {"open_time": "x"})])
    with pytest.raises(MalformedNode):
        read_business(said(hours), SHOP)
