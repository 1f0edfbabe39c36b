"""Ids and hashes."""

import base64
import hashlib

from wigwag.model.jid import Jid
from wigwag.wire.ids import generate_message_id, participant_hash


def test_a_message_id_is_3eb0_and_18_digits():
    assert generate_message_id(lambda size: bytes(range(size))) == "3EB0000102030405060708"
    message_id = generate_message_id()
    assert len(message_id) == 22
    assert set(message_id) <= set("0123456789ABCDEF")
    assert message_id != generate_message_id()


def test_a_participant_hash():
    phone, device = Jid("2", "lid"), Jid("1", "s.whatsapp.net", 3)
    digest = hashlib.sha256(b"1.0:3@s.whatsapp.net2.0:0@lid").digest()
    expected = "2:" + base64.b64encode(digest[:6]).decode()
    assert participant_hash([phone, device]) == expected
    assert participant_hash([device, phone]) == expected
    assert participant_hash([]) == "2:47DEQpj8"
