"""Every fuzz target by its name."""

from fuzz import (
    answers,
    appstates,
    archives,
    clients,
    contents,
    histories,
    medias,
    names,
    nodes,
    pairings,
    signals,
    stanzas,
    streams,
)
from fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for room in (
        answers,
        nodes,
        names,
        pairings,
        signals,
        clients,
        contents,
        histories,
        appstates,
        archives,
        medias,
        stanzas,
        streams,
    )
    for target in room.TARGETS
}
