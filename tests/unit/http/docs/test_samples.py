"""Every sample is what its schema allows, by a foreign validator."""

import json
import shlex
from typing import Any

import jsonschema_rs
import pytest

from wigwag.http.docs.samples import Operation, command_of, operations_of, sample_of

BASE = "http://localhost"


def words_of(command: str) -> list[str]:
    """As a shell reads them."""
    return shlex.split(command.replace("\\\n", ""))


def test_the_body_of_every_command_is_a_valid_request(document: dict[str, Any]) -> None:
    checked = 0
    for asked in operations_of(document):
        words = words_of(command_of(asked, document["components"]["schemas"], BASE))
        content = asked.said.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            assert "-d" not in words
            continue
        body = json.loads(words[words.index("-d") + 1])
        schema = {**content["schema"], "components": document["components"]}
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(body)
        checked += 1
    assert checked > 40


def test_every_shape_has_a_sample_that_it_allows(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        sample = sample_of(schema, schemas)
        whole = {**schema, "components": document["components"]}
        jsonschema_rs.validator_for(whole).validate(sample)


def test_a_command_names_method_path_and_key(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = {(one.method, one.path): one for one in operations_of(document)}
    change = found["PATCH", "/v1/accounts/{account}/chats/{chat}"]
    words = words_of(command_of(change, schemas, BASE))
    assert words[:4] == [
        *("curl", "-X", "PATCH", "http://localhost/v1/accounts/default/chats/15550100003")
    ]
    assert words[4:6] == ["-H", "Authorization: Bearer $WIGWAG_KEY"]
    live = command_of(found["GET", "/health/live"], schemas, BASE)
    assert live == "curl http://localhost/health/live"


@pytest.mark.parametrize("hostile", ["it's", "$(reboot)", '"; reboot', "a\nb", "`reboot`"])
def test_an_example_stays_one_word_for_the_shell(hostile: str) -> None:
    content = {"application/json": {"schema": {}, "example": {"text": hostile}}}
    asked = Operation("POST", "/x", {"requestBody": {"content": content}}, needs_key=False)
    words = words_of(command_of(asked, {}, BASE))
    assert json.loads(words[words.index("-d") + 1]) == {"text": hostile}


def test_a_schema_that_contains_itself_ends() -> None:
    again = {"$ref": "#/components/schemas/Tree"}
    tree = {
        "type": "object",
        "properties": {"trees": {"type": "array", "items": again, "minItems": 1}},
        "required": ["trees"],
    }
    sample = sample_of(again, {"Tree": tree})
    for _ in range(3):
        (sample,) = sample["trees"]
