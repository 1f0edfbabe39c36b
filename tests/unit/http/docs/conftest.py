from dataclasses import fields
from typing import Any
from unittest.mock import MagicMock

import pytest

from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.front import FrontedApi
from wigwag.http.services import Services


@pytest.fixture(scope="session")
def reference_api() -> FrontedApi:
    services = Services(**{each.name: MagicMock() for each in fields(Services)})
    return create_api(services, AccessPolicy())


@pytest.fixture(scope="session")
def document(reference_api: FrontedApi) -> dict[str, Any]:
    return reference_api.openapi()
