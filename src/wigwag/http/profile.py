"""What the account shows of itself: profile, privacy, presence."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.ownprofile import ProfileWishes
from wigwag.core.profileviews import privacy_view, profile_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import READS, SENDS, Reader, Sender, check_unlimited
from wigwag.http.models.profile import (
    PresenceBody,
    PresenceShape,
    PresenceWord,
    PrivacyBody,
    PrivacyShape,
    ProfileBody,
    ProfileShape,
)
from wigwag.http.services import Services
from wigwag.model.key import ApiKey
from wigwag.model.profile import PrivacySetting


def profile_router(services: Services) -> APIRouter:
    """All of it belongs to the whole account: a key that is limited to chats reaches none."""
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["profile"],
        dependencies=[READS],
    )

    @router.get(
        "/profile", summary="How others see the account", responses=documented(ProfileShape)
    )
    async def get_profile(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return view_response(profile_view(await services.own_profile.get(account)))

    @router.get("/privacy", summary="Who may see and do what", responses=documented(PrivacyShape))
    async def get_privacy(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return view_response(privacy_view(await services.own_profile.privacy(account)))

    @router.get(
        "/presence",
        summary="Whether the account wishes to be shown online",
        responses=documented(PresenceShape),
    )
    async def get_presence(account: str, key: Reader) -> Response:
        check_unlimited(key)
        return _presence_response(available=services.presences.is_available(account))

    return router


def profile_changes_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["profile"],
        dependencies=[SENDS],
    )

    @router.patch(
        "/profile", summary="Another name, about or picture", responses=documented(ProfileShape)
    )
    async def change_profile(account: str, body: ProfileBody, key: Sender) -> Response:
        check_unlimited(key)
        wishes = ProfileWishes(
            name=body.name,
            about=body.about,
            picture=await _picture(services, key, body),
            default_ephemeral_s=body.default_ephemeral_seconds,
        )
        return view_response(profile_view(await services.own_profile.change(account, wishes)))

    @router.patch("/privacy", summary="Change privacy settings", responses=documented(PrivacyShape))
    async def change_privacy(account: str, body: PrivacyBody, key: Sender) -> Response:
        check_unlimited(key)
        wishes = {PrivacySetting[name.upper()]: value for name, value in body if value is not None}
        return view_response(privacy_view(await services.own_profile.set_privacy(account, wishes)))

    @router.post(
        "/presence", summary="Be shown online, or no longer", responses=documented(PresenceShape)
    )
    async def set_presence(account: str, body: PresenceBody, key: Sender) -> Response:
        check_unlimited(key)
        available = body.state is PresenceWord.AVAILABLE
        await services.presences.set_available(account, available=available)
        return _presence_response(available=available)

    return router


async def _picture(services: Services, key: ApiKey, body: ProfileBody) -> bytes | None:
    """The wish about the picture: None to leave it, empty to remove it."""
    if "picture" not in body.model_fields_set:
        return None
    if body.picture is None:
        return b""
    return await services.uploads.read_picture(key.id, body.picture)


def _presence_response(*, available: bool) -> Response:
    word = PresenceWord.AVAILABLE if available else PresenceWord.UNAVAILABLE
    return view_response({"state": word.value})
