"""The whole HTTP interface, put together over the services."""

from collections.abc import Sequence

from fastapi import APIRouter

from wigwag import __version__
from wigwag.http.access import AccessMiddleware, AccessPolicy, Doorkeeper
from wigwag.http.accounts import accounts_router
from wigwag.http.callers import needs
from wigwag.http.calls import calls_router
from wigwag.http.changes import changes_router
from wigwag.http.chats import chats_router
from wigwag.http.chatstate import chat_state_router
from wigwag.http.communities import communities_router
from wigwag.http.compat import classic_router
from wigwag.http.contacts import contact_changes_router, contacts_router
from wigwag.http.docs.router import Reference, docs_router
from wigwag.http.document import document_truth, operation_id
from wigwag.http.erasing import erasing_router
from wigwag.http.events import events_router
from wigwag.http.eventsocket import event_socket_router
from wigwag.http.exports import exports_router
from wigwag.http.forwarding import forwarding_router
from wigwag.http.front import Front, FrontedApi
from wigwag.http.groups import groups_router
from wigwag.http.health import health_router
from wigwag.http.keys import keys_router
from wigwag.http.labels import labels_router
from wigwag.http.linking import linking_router
from wigwag.http.marks import marks_router
from wigwag.http.mediafiles import contents_router, mediafiles_router
from wigwag.http.messages import messages_router
from wigwag.http.metering import HttpMeter, MeteringMiddleware
from wigwag.http.metrics import metrics_router
from wigwag.http.newsletters import newsletters_router
from wigwag.http.problems import install_problem_handlers
from wigwag.http.profile import profile_changes_router, profile_router
from wigwag.http.routes import RouteIndex, add_routes
from wigwag.http.scheduled import scheduled_changes_router, scheduled_router
from wigwag.http.sending import sending_router
from wigwag.http.services import Services
from wigwag.http.shared import shared_router
from wigwag.http.statuses import status_changes_router, statuses_router
from wigwag.http.streams import Seats
from wigwag.http.uploads import uploads_router
from wigwag.http.votes import votes_router
from wigwag.http.webhooks import webhooks_router
from wigwag.model.key import Scope


def create_api(
    services: Services, policy: AccessPolicy, extra_routers: Sequence[APIRouter] = ()
) -> FrontedApi:
    """The ASGI application. `extra_routers` (the sandbox's control) are for admins."""
    api = FrontedApi(
        title="wigwag",
        version=__version__,
        description="A WhatsApp server for your own programs. Whoever asks shows an API key, if "
        "the server has any; what goes wrong is told as a problem (RFC 9457).",
        openapi_url=None,
        generate_unique_id_function=operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # of paths with numbers
    )
    document_truth(api)
    api.state.accounts, api.state.library = services.accounts, services.library
    seats, meter = Seats(), HttpMeter()
    routers = (
        classic_router(services),
        accounts_router(services),
        linking_router(services),
        keys_router(services),
        messages_router(services),
        mediafiles_router(services),
        contents_router(services),
        events_router(services, seats),
        event_socket_router(services, seats),
        sending_router(services),
        scheduled_router(services),
        scheduled_changes_router(services),
        changes_router(services),
        forwarding_router(services),
        marks_router(services),
        chats_router(services),
        chat_state_router(services),
        labels_router(services),
        calls_router(services),
        statuses_router(services),
        status_changes_router(services),
        votes_router(services),
        exports_router(services),
        groups_router(services),
        communities_router(services),
        newsletters_router(services),
        contact_changes_router(services),
        contacts_router(services),
        profile_router(services),
        profile_changes_router(services),
        shared_router(services),
        uploads_router(services),
        webhooks_router(services),
        health_router(services),
        erasing_router(services),
        metrics_router(services, meter, seats),
        docs_router(Reference(api.openapi)),
    )
    install_problem_handlers(api)
    for router in routers:
        add_routes(api.router, router, operation_id)
    for router in extra_routers:
        api.include_router(router, dependencies=[needs(Scope.ADMIN)])
    index = RouteIndex(api.router)
    api.router.middleware_stack = index
    door = Doorkeeper(policy)
    api.add_middleware(AccessMiddleware, door=door)
    api.add_middleware(MeteringMiddleware, meter=meter)
    api.front = Front(index, door, meter)
    return api
