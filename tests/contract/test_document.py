"""The description of the API in OpenAPI 3.1: complete, valid, as it was agreed, and the same wherever it is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from described import description, faults_of, resolved
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tools import api_examples
from vectis_cli.root import main
from vectis_core import Vectis
from vectis_core.access import SCOPES
from vectis_core.webhooks.catalogue import CATALOGUE
from vectis_http import HttpApi, HttpRequest
from vectis_http.openapi.errors import ERRORS, errors_of
from vectis_http.openapi.examples import examples
from vectis_http.operation import Operation

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / "openapi.json"
DOCUMENT = description().document
OPERATIONS = description().operations


def told_of(operation: Operation) -> Any:
    """Return what the document says of an operation."""
    path = re.sub(r"\.\.\.\}", "}", operation.path)
    return DOCUMENT["paths"][path][operation.method.lower()]


def test_the_committed_copy_is_the_description() -> None:
    """Whoever changes the public API sees it in review."""
    printed = CliRunner().invoke(main, ["openapi"])

    assert printed.exit_code == 0
    assert printed.output == COMMITTED.read_text("utf-8"), "make it anew: vectis openapi > docs/openapi.json"


def test_the_examples_are_what_the_api_answers() -> None:
    """The kept examples are those that the story makes, each time the same."""
    assert api_examples.made() == api_examples.FILE.read_text("utf-8"), "make them anew: python -m tools.api_examples"


def test_it_is_valid_openapi() -> None:
    """By the meta-schema of OpenAPI 3.1 and what the specification says beyond it, examples included."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_schema_is_one() -> None:
    """Each schema that is kept by name is a JSON Schema of 2020-12."""
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_operation_is_told(operation: Operation) -> None:
    """Name, scope, parameters, body, each status of a success, and every error of the table."""
    told = told_of(operation)

    assert told["operationId"] == operation.name
    assert told["security"] == ([{"clientCredentials": [operation.scope]}] if operation.scope else [])
    placed = {(each["in"], each["name"]) for each in told.get("parameters", [])}
    assert {name for place, name in placed if place == "query"} == {each.wire for each in operation.query}
    assert {name for place, name in placed if place == "path"} == set(re.findall(r"\{(\w+)", operation.path))
    assert (("header", "Idempotency-Key") in placed) is operation.takes_key
    statuses = {str(status) for status in operation.responses} | {str(kind.status) for kind in errors_of(operation)}
    assert set(told["responses"]) == statuses
    for error in operation.errors:
        assert str(error.http_status) in statuses


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_operation_has_an_example_that_fits(operation: Operation) -> None:
    """What is sent and what is answered, by the same schemas; a page, its files and figures speak for themselves."""
    if operation.path.startswith(("/docs", "/openapi", "/metrics")):
        return
    assert operation.name in examples()
    told = told_of(operation)
    for media in told.get("requestBody", {}).get("content", {}).values():
        if "example" in media:
            assert faults_of(media["schema"], json.dumps(media["example"]).encode()) == []
    for status in operation.responses:
        for media in told["responses"][str(status)].get("content", {}).values():
            assert faults_of(media["schema"], json.dumps(media["example"]).encode()) == []


def test_what_was_made_leads_on() -> None:
    """An answer that tells of something new links to every call that takes its id, and that is where the id stands."""
    told = {each.name: told_of(each) for each in OPERATIONS}
    links = told["createOrder"]["responses"]["201"]["links"]
    assert {"getOrder", "confirmOrder", "cancelOrder", "createShipment", "getTracking"} <= set(links)
    assert {"rotateWebhookSecret", "listDeliveries"} <= set(told["createWebhook"]["responses"]["201"]["links"])

    found = [each for one in told.values() for each in one["responses"].values() if "links" in each]
    assert all("Location" in answer["headers"] for answer in found)
    for name, link in (item for answer in found for item in answer["links"].items()):
        assert link == {"operationId": name, "parameters": {"id": "$response.body#/id"}}
        assert "id" in {each["name"] for each in told[name]["parameters"] if each["in"] == "path"}


def test_the_examples_are_those_of_the_guide() -> None:
    """Who has read the integration guide meets the same order, product, client and webhook here."""
    order = examples()["createOrder"]

    assert (order.body["externalId"], order.body["customerEmail"]) == ("SHOPIFY-12345", "jane@example.com")
    assert order.answers["201"]["id"] == "550e8400-e29b-41d4-a716-446655440000"
    assert str(order.answers["201"]["total"]) == "59.98"
    assert examples()["createProduct"].body["name"] == "Premium Widget"
    assert examples()["adjustStock"].body == {"adjustment": -5, "reason": "Damaged goods removed"}
    assert examples()["createWebhook"].body["secret"] == "your-webhook-secret"
    assert examples()["cancelOrder"].body == {"reason": "Customer requested cancellation"}


def test_every_error_is_told_with_its_example() -> None:
    """Each has a schema with its own word, which its example fits; only what no operation answers has none."""
    told: dict[str, Any] = {}
    for answer in DOCUMENT["components"]["responses"].values():
        for media in answer["content"].values():
            for name, example in media.get("examples", {}).items():
                assert faults_of(media["schema"], json.dumps(example["value"]).encode()) == []
                told[name] = example["value"]

    assert {kind.code for kind in ERRORS} - set(told) == {"MethodNotAllowed"}
    assert all(example["error"] == name for name, example in told.items())


def test_every_event_is_told() -> None:
    """Each type of the catalogue, with the schema and example of its data, and the headers that prove it."""
    assert set(DOCUMENT["webhooks"]) == {str(kind.type) for kind in CATALOGUE}
    for sent in DOCUMENT["webhooks"].values():
        names = {each["name"] for each in sent["post"]["parameters"] if each["required"]}
        assert {"X-Webhook-Signature", "X-Webhook-Timestamp", "webhook-id"} <= names
        media = sent["post"]["requestBody"]["content"]["application/json"]
        assert faults_of(media["schema"], json.dumps(media["example"]).encode()) == []


def test_the_guide_s_support_and_terms_stand_in_it() -> None:
    """The address and the terms that the guide prints, and how to be let in."""
    assert DOCUMENT["info"]["contact"]["email"] == "support@stoalogistics.com"
    assert DOCUMENT["info"]["termsOfService"] == "https://stoalogistics.com/terms"
    flow = DOCUMENT["components"]["securitySchemes"]["clientCredentials"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == set(SCOPES)


def test_it_speaks_of_json_and_not_of_python() -> None:
    """Descriptions come from docstrings and comments, in the words of those who do not read the code."""
    text = COMMITTED.read_text("utf-8")

    for word in ("`None`", "UNSET", "``", "vectis_core", "Decimal", "datetime", "tuple", "_id`", "_after`"):
        assert word not in text, word


def test_every_reference_leads_somewhere() -> None:
    """Nothing refers to what is not there."""
    for reference in set(re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(DOCUMENT))):
        assert resolved(DOCUMENT, {"$ref": reference})


class TestServed:
    """``GET /openapi.json``."""

    @pytest.fixture
    def api(self) -> Any:
        with Vectis.open("memory://") as oms:
            yield HttpApi(oms, environ={})

    @staticmethod
    def ask(api: HttpApi, method: str = "GET", prefix: str = "", **headers: str) -> Any:
        response = api.handle(HttpRequest(method=method, path="/openapi.json", headers=headers, prefix=prefix))
        return response.status, dict(response.headers), response.body

    def test_it_takes_no_token_and_is_what_is_committed(self, api: HttpApi) -> None:
        """What is served is what is in the repository."""
        status, headers, body = self.ask(api)

        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert json.loads(body) == json.loads(COMMITTED.read_text("utf-8"))

    def test_who_has_it_is_not_sent_it_again(self, api: HttpApi) -> None:
        """By its version, alone or among others, weak or strong; another version brings it anew."""
        version = self.ask(api)[1]["ETag"]

        for known in (version, f'"x", W/{version}', "*"):
            status, headers, body = self.ask(api, **{"if-none-match": known})
            assert (status, body, headers["ETag"]) == (304, b"", version)
            assert headers["Cache-Control"].startswith("public")
        assert self.ask(api, **{"if-none-match": '"x"'})[0] == 200
        assert self.ask(api, method="HEAD")[2] == b""

    def test_it_names_the_prefix_that_it_is_served_below(self, api: HttpApi) -> None:
        """Mounted elsewhere, its paths are there too; only so many prefixes are remembered."""
        for number in range(20):
            document = json.loads(self.ask(api, prefix=f"/oms-{number}")[2])
            assert document["servers"] == [{"url": f"/oms-{number}"}]
            scheme = document["components"]["securitySchemes"]["clientCredentials"]
            assert scheme["flows"]["clientCredentials"]["tokenUrl"] == f"/oms-{number}/oauth/token"
