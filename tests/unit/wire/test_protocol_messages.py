"""What the devices of one account tell each other."""

from datetime import UTC, datetime

import pytest

from wigwag.model.content import MediaRef, MessageKey
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import parse_jid
from wigwag.wire.content import decode_message
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    AppStateKeyShare,
    HistoryNotification,
    HistoryRequest,
    LidMappings,
    OtherProtocol,
    PlaceholderRequest,
    PlaceholderResponse,
    ProtocolPart,
    RecoveryRequest,
    RecoveryResponse,
    SharedAppStateKey,
    encode_protocol,
)

ME = parse_jid("491700000099@s.whatsapp.net")
PEER = parse_jid("491700000001@s.whatsapp.net")
GROUP = parse_jid("120363000000000001@g.us")
KEY = MessageKey(chat=ME, sender=ME, id="3EB0AA", from_me=True)
REF = MediaRef(
    direct_path="/v/x?a",
    media_key=b"k" * 32,
    file_sha256=b"p" * 32,
    file_enc_sha256=b"e" * 32,
    size_bytes=99,
)
FINGERPRINT = e2e_pb2.AppStateSyncKeyFingerprint(
    rawID=1, currentIndex=2, deviceIndexes=[0, 1]
).SerializeToString()


@pytest.mark.parametrize(
    "part",
    [
        HistoryNotification(sync_type="recent", chunk_order=3, progress=50, ref=REF),
        HistoryNotification(sync_type="initial_bootstrap", inline=b"zlib", enc_handle="h"),
        HistoryNotification(sync_type="on_demand", ref=REF, request_id="3EB0BB"),
        AppStateKeyShare(
            keys=(
                SharedAppStateKey(
                    key_id=b"\0\0a", data=b"d" * 32, fingerprint=FINGERPRINT, timestamp_ms=5
                ),
                SharedAppStateKey(key_id=b"b", data=b"e" * 32),
            )
        ),
        AppStateKeyShare(keys=()),
        AppStateKeyRequest(key_ids=(b"\0\0a", b"b")),
        HistoryRequest(
            oldest=MessageKey(chat=PEER, sender=ME, id="3EB0CC", from_me=True),
            oldest_at=datetime(2026, 3, 1, tzinfo=UTC),
            count=50,
        ),
        PlaceholderRequest(
            keys=(
                MessageKey(chat=PEER, sender=PEER, id="3EB0DD"),
                MessageKey(chat=GROUP, sender=PEER, id="3EB0EE"),
                MessageKey(chat=GROUP, sender=ME, id="3EB0FF", from_me=True),
            )
        ),
        PlaceholderResponse(request_id="3EB0BB", messages=(b"one", b"two")),
        RecoveryRequest(collection="regular", asked_at=datetime(2026, 1, 1, tzinfo=UTC)),
        RecoveryResponse(request_id="3EB0BB", snapshot=b"whole", compressed=True),
    ],
)
def test_there_and_back(part: ProtocolPart):
    decoded = decode_message(encode_protocol(part), KEY)
    assert (decoded.content, decoded.protocol) == (None, part)


@pytest.mark.parametrize("part", [OtherProtocol(kind="x"), LidMappings(links=())])
def test_some_are_only_read(part: ProtocolPart):
    with pytest.raises(MalformedProtobuf):
        encode_protocol(part)


def test_a_history_type_must_exist():
    with pytest.raises(MalformedProtobuf):
        encode_protocol(HistoryNotification(sync_type="other"))


def read(message: e2e_pb2.Message) -> ProtocolPart | None:
    return decode_message(message.SerializeToString(), KEY).protocol


def test_keys_of_a_wrong_size_are_left_out():
    message = e2e_pb2.Message()
    for key_id, data in ((b"", b"d" * 32), (b"a" * 65, b"d" * 32), (b"a", b"d"), (b"b", b"e" * 32)):
        key = message.protocolMessage.appStateSyncKeyShare.keys.add()
        key.keyID.keyID, key.keyData.keyData = key_id, data
    share = read(message)
    assert isinstance(share, AppStateKeyShare)
    assert [key.key_id for key in share.keys] == [b"b"]


def test_lid_mappings():
    payload = e2e_pb2.LIDMigrationMappingSyncPayload()
    payload.pnToLidMappings.add(pn=491700000001, assignedLid=900000000001)
    payload.pnToLidMappings.add(pn=0, assignedLid=1)
    message = e2e_pb2.Message()
    part = message.protocolMessage.lidMigrationMappingSyncMessage
    part.encodedMappingPayload = payload.SerializeToString()
    link = IdentityLinked(lid=parse_jid("900000000001@lid"), pn=PEER)
    assert read(message) == LidMappings(links=(link,))
    part.encodedMappingPayload = b"\xff"
    with pytest.raises(MalformedProtobuf):
        read(message)


def test_other_kinds_are_named():
    message = e2e_pb2.Message()
    message.protocolMessage.type = e2e_pb2.ProtocolMessage.SHARE_PHONE_NUMBER
    assert read(message) == OtherProtocol(kind="share_phone_number")


def test_requests_that_name_nothing():
    message = e2e_pb2.Message()
    request = message.protocolMessage.peerDataOperationRequestMessage
    request.historySyncOnDemandRequest.chatJID = "nowhere"
    assert read(message) == OtherProtocol(kind="peer_data_request")
    request.ClearField("historySyncOnDemandRequest")
    request.placeholderMessageResendRequest.add().messageKey.ID = "3EB0AA"
    assert read(message) == OtherProtocol(kind="peer_data_request")
