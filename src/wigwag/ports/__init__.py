"""What the core needs from outside."""

from wigwag.ports.appstate import AppStateActions
from wigwag.ports.archive import Archive, ArchiveReader
from wigwag.ports.ballots import Ballots
from wigwag.ports.clock import Clock
from wigwag.ports.counters import NO_COUNTERS, Counters
from wigwag.ports.engine import Engine, EngineSink, NumberCheck
from wigwag.ports.groups import CommunityActions, GroupActions
from wigwag.ports.history import HistoryActions, HistoryReader, HistoryTable
from wigwag.ports.keys import KeyReader, KeyTable
from wigwag.ports.linking import LinkingActions
from wigwag.ports.media import MediaActions, MediaAnswerReader
from wigwag.ports.mediastore import MediaStore, Place, StoredFile
from wigwag.ports.newsletters import NewsletterActions, NewsletterReader, NewsletterTable
from wigwag.ports.presence import PresenceActions
from wigwag.ports.remotefiles import RemoteFile, RemoteFiles
from wigwag.ports.tables import (
    AppStateTable,
    ArchiveTx,
    ChangeTable,
    ChatTable,
    FeedTable,
    MessageTable,
    OutboxTable,
    PeopleTable,
    SqlValue,
)
from wigwag.ports.uploads import UploadStore
from wigwag.ports.workshop import MediaWorkshop

__all__ = [
    "NO_COUNTERS",
    "AppStateActions",
    "AppStateTable",
    "Archive",
    "ArchiveReader",
    "ArchiveTx",
    "Ballots",
    "ChangeTable",
    "ChatTable",
    "Clock",
    "CommunityActions",
    "Counters",
    "Engine",
    "EngineSink",
    "FeedTable",
    "GroupActions",
    "HistoryActions",
    "HistoryReader",
    "HistoryTable",
    "KeyReader",
    "KeyTable",
    "LinkingActions",
    "MediaActions",
    "MediaAnswerReader",
    "MediaStore",
    "MediaWorkshop",
    "MessageTable",
    "NewsletterActions",
    "NewsletterReader",
    "NewsletterTable",
    "NumberCheck",
    "OutboxTable",
    "PeopleTable",
    "Place",
    "PresenceActions",
    "RemoteFile",
    "RemoteFiles",
    "SqlValue",
    "StoredFile",
    "UploadStore",
]
