"""The fields of a message that are no content of their own: wrappers, and what stays silent."""

from typing import Final

from wigwag.wire.proto import e2e_pb2

CONTEXT_INFO: Final = 35
PROTOCOL: Final = 12
DEVICE_SENT: Final = 31
BOT_INVOKE: Final = 67
VIEW_ONCE: Final = frozenset({37, 55, 59})


def numbers(*names: str) -> frozenset[int]:
    fields = e2e_pb2.Message.DESCRIPTOR.fields_by_name
    return frozenset(fields[name].number for name in names)


SILENT: Final = numbers(
    "senderKeyDistributionMessage",
    "fastRatchetKeySenderKeyDistributionMessage",
    "messageContextInfo",
    "albumMessage",
    "encCommentMessage",
    "encEventResponseMessage",
    "encReactionMessage",
    "secretEncryptedMessage",
    "stickerSyncRmrMessage",
    "groupRootKeyShare",
    "rootSecretDistributeMessage",
)
"""Parts of the protocol that are no content, or none before they are opened; an album says how many
messages are its pictures."""

WRAPPERS: Final = numbers(
    "deviceSentMessage",
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "lottieStickerMessage",
    "groupMentionedMessage",
    "botInvokeMessage",
    "botForwardedMessage",
    "groupStatusMessage",
    "groupStatusMessageV2",
    "limitSharingMessage",
    "questionMessage",
    "questionReplyMessage",
    "spoilerMessage",
    "pollCreationMessageV4",
    "associatedChildMessage",
    "botTaskMessage",
    "eventCoverImage",
    "groupStatusMentionMessage",
    "newsletterAdminProfileMessage",
    "newsletterAdminProfileStatusMessage",
    "pollCreationOptionImageMessage",
    "statusAddYours",
    "statusMentionMessage",
)
