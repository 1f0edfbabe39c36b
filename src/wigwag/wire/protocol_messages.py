"""Messages between the devices of one account: history, app-state keys, requests to the phone.

They travel as protocolMessage inside an encrypted message. Anybody can put one into a message, so
a receiver must act on them only when the sender is its own account (whatsmeow message.go does).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, cast

from wigwag.model.content import MediaRef, MessageKey
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.content_context import read_account_key, write_key
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

KEYS_LIMIT: Final = 1_024
KEY_ID_LIMIT: Final = 64
LINKS_LIMIT: Final = 1_000_000
_HASH_LIMIT: Final = 64

_Request = e2e_pb2.PeerDataOperationRequestMessage
_Type = e2e_pb2.ProtocolMessage.Type


class HistoryNotification(Value, tag="history"):
    """A chunk of history is ready: as a file (`ref`), or `inline` (the zlib bytes themselves)."""

    sync_type: str
    """In lower case, as `initial_bootstrap`, `recent`, `full`, `push_name`, `on_demand`."""
    chunk_order: int = 0
    progress: int = 0
    ref: MediaRef | None = None
    inline: bytes = b""
    request_id: str = ""
    """The id of the request that this answers, for history on demand."""
    enc_handle: str = ""
    """Named when the file is deleted from the media host."""


class SharedAppStateKey(Value):
    """`data` is 32 bytes; `fingerprint` the serialised AppStateSyncKeyFingerprint."""

    key_id: bytes
    data: bytes
    fingerprint: bytes = b""
    timestamp_ms: int = 0

    def __repr__(self) -> str:
        return f"SharedAppStateKey(key_id={self.key_id.hex()}, ...)"


class AppStateKeyShare(Value, tag="key_share"):
    keys: tuple[SharedAppStateKey, ...]


class AppStateKeyRequest(Value, tag="key_request"):
    key_ids: tuple[bytes, ...]


class HistoryRequest(Value, tag="history_request"):
    """Asks the phone for `count` messages of a chat that are older than the one named."""

    oldest: MessageKey
    oldest_at: datetime
    count: int


class HistoryChunkRequest(Value, tag="chunk_request"):
    """Asks the phone for a chunk of history again; `notification_id` is the message that told of
    it."""

    sync_type: str
    chunk_order: int
    notification_id: str


class PlaceholderRequest(Value, tag="placeholder_request"):
    """Asks the phone for messages that could not be decrypted."""

    keys: tuple[MessageKey, ...]


class PlaceholderResponse(Value, tag="placeholder_response"):
    """The phone's answer: each message as a serialised WebMessageInfo (wigwag.wire.history)."""

    request_id: str
    messages: tuple[bytes, ...]


class RecoveryRequest(Value, tag="recovery_request"):
    """Asks the phone for an app-state collection in the clear."""

    collection: str
    asked_at: datetime


class RecoveryResponse(Value, tag="recovery_response"):
    """The phone's answer: a SyncdSnapshotRecovery (wigwag.wire.appstate_recovery)."""

    request_id: str
    snapshot: bytes
    compressed: bool


class LidMappings(Value, tag="lid_mappings"):
    links: tuple[IdentityLinked, ...]


class OtherProtocol(Value, tag="other"):
    """A kind that is not acted upon; its name in lower case, `unknown` when we know none."""

    kind: str


ProtocolPart = (
    HistoryNotification
    | AppStateKeyShare
    | AppStateKeyRequest
    | HistoryRequest
    | HistoryChunkRequest
    | PlaceholderRequest
    | PlaceholderResponse
    | RecoveryRequest
    | RecoveryResponse
    | LidMappings
    | OtherProtocol
)


def encode_protocol(part: ProtocolPart) -> bytes:
    """The serialised waE2E.Message that carries `part`. Raises MalformedProtobuf."""
    message = e2e_pb2.Message()
    writer = _WRITERS.get(type(part))
    if writer is None:
        raise MalformedProtobuf("this protocol message is only read, never sent")
    writer(part, message.protocolMessage)
    return message.SerializeToString()


def read_protocol(part: e2e_pb2.ProtocolMessage, own: Jid) -> ProtocolPart:
    """What a protocolMessage says, by the field that is filled rather than by its type.

    `own` is the sender's bare address: messages that it calls its own are the account's.
    """
    for field, reader in _READERS.items():
        if part.HasField(field):
            return reader(part, own)
    if part.HasField("type"):
        return OtherProtocol(kind=_Type.Name(part.type).lower())
    return OtherProtocol(kind="unknown")


def _write_history(part: HistoryNotification, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.HISTORY_SYNC_NOTIFICATION
    notification = message.historySyncNotification
    notification.syncType = sync_type_number(part.sync_type)
    notification.chunkOrder = part.chunk_order
    notification.progress = part.progress
    if part.inline:
        notification.initialHistBootstrapInlinePayload = part.inline
    if part.request_id:
        notification.peerDataRequestSessionID = part.request_id
    if part.enc_handle:
        notification.encHandle = part.enc_handle
    if part.ref is not None:
        notification.directPath = part.ref.direct_path
        notification.mediaKey = part.ref.media_key
        notification.fileSHA256 = part.ref.file_sha256
        notification.fileEncSHA256 = part.ref.file_enc_sha256
        notification.fileLength = part.ref.size_bytes


def sync_type_number(name: str) -> e2e_pb2.HistorySyncType:
    """The number of a history sync type. Raises MalformedProtobuf for an unknown name."""
    try:
        return cast("e2e_pb2.HistorySyncType", e2e_pb2.HistorySyncType.Value(name.upper()))
    except ValueError as error:
        raise MalformedProtobuf("there is no such history sync type") from error


def _read_history(message: e2e_pb2.ProtocolMessage, _own: Jid) -> HistoryNotification:
    part = message.historySyncNotification
    sync_type = "unknown"
    if part.HasField("syncType"):
        sync_type = e2e_pb2.HistorySyncType.Name(part.syncType).lower()
    direct_path = claims.path(part.directPath)
    ref = None
    if direct_path.startswith("/"):
        ref = MediaRef(
            direct_path=direct_path,
            media_key=claims.blob(part.mediaKey, _HASH_LIMIT),
            file_sha256=claims.blob(part.fileSHA256, _HASH_LIMIT),
            file_enc_sha256=claims.blob(part.fileEncSHA256, _HASH_LIMIT),
            size_bytes=claims.size(part.fileLength),
        )
    return HistoryNotification(
        sync_type=sync_type,
        chunk_order=part.chunkOrder,
        progress=part.progress,
        ref=ref,
        inline=part.initialHistBootstrapInlinePayload,
        request_id=claims.identifier(part.peerDataRequestSessionID),
        enc_handle=claims.path(part.encHandle),
    )


def _write_key_share(part: AppStateKeyShare, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.APP_STATE_SYNC_KEY_SHARE
    message.appStateSyncKeyShare.SetInParent()
    for key in part.keys:
        shared = message.appStateSyncKeyShare.keys.add()
        shared.keyID.keyID = key.key_id
        shared.keyData.keyData = key.data
        if key.timestamp_ms:
            shared.keyData.timestamp = key.timestamp_ms
        if key.fingerprint:
            fingerprint = parse(e2e_pb2.AppStateSyncKeyFingerprint, key.fingerprint)
            shared.keyData.fingerprint.CopyFrom(fingerprint)


def _read_key_share(message: e2e_pb2.ProtocolMessage, _own: Jid) -> AppStateKeyShare:
    """Keys without an id or of a wrong length are left out."""
    keys: list[SharedAppStateKey] = []
    for shared in message.appStateSyncKeyShare.keys[:KEYS_LIMIT]:
        key_id, data = shared.keyID.keyID, shared.keyData.keyData
        if 0 < len(key_id) <= KEY_ID_LIMIT and len(data) == 32:
            fingerprint = shared.keyData.fingerprint.SerializeToString()
            keys.append(
                SharedAppStateKey(
                    key_id=key_id,
                    data=data,
                    fingerprint=claims.blob(fingerprint, 4 * KEYS_LIMIT),
                    timestamp_ms=shared.keyData.timestamp,
                )
            )
    return AppStateKeyShare(keys=tuple(keys))


def _write_key_request(part: AppStateKeyRequest, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.APP_STATE_SYNC_KEY_REQUEST
    message.appStateSyncKeyRequest.SetInParent()
    for key_id in part.key_ids:
        message.appStateSyncKeyRequest.keyIDs.add().keyID = key_id


def _read_key_request(message: e2e_pb2.ProtocolMessage, _own: Jid) -> AppStateKeyRequest:
    wanted = (wanted.keyID for wanted in message.appStateSyncKeyRequest.keyIDs[:KEYS_LIMIT])
    return AppStateKeyRequest(
        key_ids=tuple(key_id for key_id in wanted if 0 < len(key_id) <= KEY_ID_LIMIT)
    )


def _write_history_request(part: HistoryRequest, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.PEER_DATA_OPERATION_REQUEST_MESSAGE
    request = message.peerDataOperationRequestMessage
    request.peerDataOperationRequestType = e2e_pb2.HISTORY_SYNC_ON_DEMAND
    wanted = request.historySyncOnDemandRequest
    wanted.chatJID = str(part.oldest.chat)
    wanted.oldestMsgID = part.oldest.id
    wanted.oldestMsgFromMe = part.oldest.from_me
    wanted.onDemandMsgCount = part.count
    # named milliseconds, but meant as seconds (whatsmeow send.go, BuildHistorySyncRequest)
    wanted.oldestMsgTimestampMS = int(part.oldest_at.timestamp())


def _write_chunk_request(part: HistoryChunkRequest, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.PEER_DATA_OPERATION_REQUEST_MESSAGE
    request = message.peerDataOperationRequestMessage
    request.peerDataOperationRequestType = e2e_pb2.HISTORY_SYNC_CHUNK_RETRY
    wanted = request.historySyncChunkRetryRequest
    wanted.syncType = sync_type_number(part.sync_type)
    wanted.chunkOrder = part.chunk_order
    wanted.chunkNotificationID = part.notification_id
    wanted.regenerateChunk = True


def _write_placeholder_request(part: PlaceholderRequest, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.PEER_DATA_OPERATION_REQUEST_MESSAGE
    request = message.peerDataOperationRequestMessage
    request.peerDataOperationRequestType = e2e_pb2.PLACEHOLDER_MESSAGE_RESEND
    for key in part.keys:
        write_key(key, request.placeholderMessageResendRequest.add().messageKey)


def _write_recovery_request(part: RecoveryRequest, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.PEER_DATA_OPERATION_REQUEST_MESSAGE
    request = message.peerDataOperationRequestMessage
    request.peerDataOperationRequestType = e2e_pb2.COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY
    wanted = request.syncdCollectionFatalRecoveryRequest
    wanted.collectionName = part.collection
    wanted.timestamp = int(part.asked_at.timestamp())


def _read_request(message: e2e_pb2.ProtocolMessage, own: Jid) -> ProtocolPart:
    request = message.peerDataOperationRequestMessage
    if request.HasField("syncdCollectionFatalRecoveryRequest"):
        wanted = request.syncdCollectionFatalRecoveryRequest
        return RecoveryRequest(
            collection=claims.identifier(wanted.collectionName),
            asked_at=claims.moment(wanted.timestamp),
        )
    if request.HasField("historySyncOnDemandRequest"):
        return _read_history_request(request.historySyncOnDemandRequest, own)
    if request.HasField("historySyncChunkRetryRequest"):
        wanted = request.historySyncChunkRetryRequest
        return HistoryChunkRequest(
            sync_type=e2e_pb2.HistorySyncType.Name(wanted.syncType).lower(),
            chunk_order=wanted.chunkOrder,
            notification_id=claims.identifier(wanted.chunkNotificationID),
        )
    resend = request.placeholderMessageResendRequest[:KEYS_LIMIT]
    keys = (read_account_key(wanted.messageKey, own) for wanted in resend)
    found = tuple(key for key in keys if key is not None)
    return PlaceholderRequest(keys=found) if found else OtherProtocol(kind="peer_data_request")


def _read_history_request(
    wanted: _Request.HistorySyncOnDemandRequest, own: Jid
) -> HistoryRequest | OtherProtocol:
    chat = claims.find_jid(wanted.chatJID)
    if chat is None:
        return OtherProtocol(kind="peer_data_request")
    from_me = wanted.oldestMsgFromMe
    return HistoryRequest(
        oldest=MessageKey(
            chat=chat,
            sender=own if from_me else chat,
            id=claims.identifier(wanted.oldestMsgID),
            from_me=from_me,
        ),
        oldest_at=claims.moment(wanted.oldestMsgTimestampMS),
        count=max(wanted.onDemandMsgCount, 0),
    )


def _write_placeholder_response(
    part: PlaceholderResponse, message: e2e_pb2.ProtocolMessage
) -> None:
    message.type = _Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
    response = message.peerDataOperationRequestResponseMessage
    response.peerDataOperationRequestType = e2e_pb2.PLACEHOLDER_MESSAGE_RESEND
    response.stanzaID = part.request_id
    for raw in part.messages:
        result = response.peerDataOperationResult.add()
        result.placeholderMessageResendResponse.webMessageInfoBytes = raw


def _write_recovery_response(part: RecoveryResponse, message: e2e_pb2.ProtocolMessage) -> None:
    message.type = _Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
    response = message.peerDataOperationRequestResponseMessage
    response.peerDataOperationRequestType = e2e_pb2.COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY
    response.stanzaID = part.request_id
    result = response.peerDataOperationResult.add().syncdSnapshotFatalRecoveryResponse
    result.collectionSnapshot = part.snapshot
    result.isCompressed = part.compressed


def _read_response(message: e2e_pb2.ProtocolMessage, _own: Jid) -> ProtocolPart:
    response = message.peerDataOperationRequestResponseMessage
    for item in response.peerDataOperationResult[:1]:
        if item.HasField("syncdSnapshotFatalRecoveryResponse"):
            found = item.syncdSnapshotFatalRecoveryResponse
            return RecoveryResponse(
                request_id=claims.identifier(response.stanzaID),
                snapshot=found.collectionSnapshot,
                compressed=found.isCompressed,
            )
    if response.peerDataOperationRequestType != e2e_pb2.PLACEHOLDER_MESSAGE_RESEND:
        return OtherProtocol(kind="peer_data_response")
    results = response.peerDataOperationResult[:KEYS_LIMIT]
    raws = (item.placeholderMessageResendResponse.webMessageInfoBytes for item in results)
    return PlaceholderResponse(
        request_id=claims.identifier(response.stanzaID), messages=tuple(raw for raw in raws if raw)
    )


def _read_lid_mappings(message: e2e_pb2.ProtocolMessage, _own: Jid) -> ProtocolPart:
    payload = parse(
        e2e_pb2.LIDMigrationMappingSyncPayload,
        message.lidMigrationMappingSyncMessage.encodedMappingPayload,
    )
    # The LID that was given first, then the one of today: the last word holds.
    links = (
        IdentityLinked(lid=Jid(str(lid), LID_SERVER), pn=Jid(str(mapping.pn), PN_SERVER))
        for mapping in payload.pnToLidMappings[:LINKS_LIMIT]
        for lid in dict.fromkeys((mapping.assignedLid, mapping.latestLid))
        if mapping.pn and lid
    )
    return LidMappings(links=tuple(links))


_READERS: Final[dict[str, Callable[[e2e_pb2.ProtocolMessage, Jid], ProtocolPart]]] = {
    "historySyncNotification": _read_history,
    "appStateSyncKeyShare": _read_key_share,
    "appStateSyncKeyRequest": _read_key_request,
    "peerDataOperationRequestMessage": _read_request,
    "peerDataOperationRequestResponseMessage": _read_response,
    "lidMigrationMappingSyncMessage": _read_lid_mappings,
}

_WRITERS: Final[dict[type, Callable[..., None]]] = {
    HistoryNotification: _write_history,
    AppStateKeyShare: _write_key_share,
    AppStateKeyRequest: _write_key_request,
    HistoryRequest: _write_history_request,
    HistoryChunkRequest: _write_chunk_request,
    PlaceholderRequest: _write_placeholder_request,
    PlaceholderResponse: _write_placeholder_response,
    RecoveryRequest: _write_recovery_request,
    RecoveryResponse: _write_recovery_response,
}
