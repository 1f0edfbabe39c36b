"""Every change that can be made to the engine's store, as values.

A write knows its SQL, and, where the value is cached, the cache key and the new value. Lists of
writes are committed together by `EngineStore.commit`.
"""

from wigwag.engine.native.store.write import (
    CacheKey,
    Scope,
    Statement,
    Write,
)
from wigwag.engine.native.store.writes_keys import (
    DropIdentitiesOf,
    DropIdentity,
    DropPreKey,
    DropSenderKey,
    DropSession,
    DropSessionsOf,
    MarkPreKeysUploaded,
    PutDevice,
    PutHandedPreKey,
    PutIdentity,
    PutPreKey,
    PutSenderKey,
    PutSession,
    PutShared,
    PutSignedPreKey,
)
from wigwag.engine.native.store.writes_people import (
    DropAppState,
    DropAppStateMac,
    DropDeviceList,
    PutAppStateKey,
    PutAppStateMac,
    PutAppStateVersion,
    PutDeviceList,
    PutLid,
    PutToken,
)
from wigwag.engine.native.store.writes_traffic import (
    AddInbox,
    AddSeen,
    AddSent,
    DropNote,
    PutNote,
    RemoveInbox,
)

__all__ = [
    "AddInbox",
    "AddSeen",
    "AddSent",
    "CacheKey",
    "DropAppState",
    "DropAppStateMac",
    "DropDeviceList",
    "DropIdentitiesOf",
    "DropIdentity",
    "DropNote",
    "DropPreKey",
    "DropSenderKey",
    "DropSession",
    "DropSessionsOf",
    "MarkPreKeysUploaded",
    "PutAppStateKey",
    "PutAppStateMac",
    "PutAppStateVersion",
    "PutDevice",
    "PutDeviceList",
    "PutHandedPreKey",
    "PutIdentity",
    "PutLid",
    "PutNote",
    "PutPreKey",
    "PutSenderKey",
    "PutSession",
    "PutShared",
    "PutSignedPreKey",
    "PutToken",
    "RemoveInbox",
    "Scope",
    "Statement",
    "Write",
]
