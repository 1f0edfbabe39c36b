"""Nodes, the stanzas of WhatsApp, and their binary XML (dictionary version 3).

A payload is a flag byte (bit 1: the rest is zlib) and one node. A node is a list of 2 x attributes
+ 1 (+ 1 with content) items: tag, keys and values, content. Strings are dictionary tokens, packed
digits or raw bytes; addresses have tokens of their own (source: whatsmeow binary/).
"""

from wigwag.wire.node import AttrValue, Node, NodeContent
from wigwag.wire.node_decoder import (
    MAX_DEPTH,
    MAX_INFLATED_BYTES,
    MAX_ITEMS,
    decode_node,
    starts_with_tag,
)
from wigwag.wire.node_encoder import encode_node

__all__ = [
    "MAX_DEPTH",
    "MAX_INFLATED_BYTES",
    "MAX_ITEMS",
    "AttrValue",
    "Node",
    "NodeContent",
    "decode_node",
    "encode_node",
    "starts_with_tag",
]
