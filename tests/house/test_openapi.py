"""The committed OpenAPI document is the one that the code gives, without a warning, and complete."""

import io
import re
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from tests.house.routes import ROUTES, Route

# What addresses that end so answer.
DOWNLOADS = {
    "admin/partners/<int:id>/commission/statements/<int:statement_id>/download": "application/pdf",
    "partners/statements/<int:pk>/download": "application/pdf",
    "admin/payout-runs/<int:run_id>/download": "application/xml",
}
FILES = {"csv": "text/csv", "svg": "image/svg+xml", "pkpass": "application/vnd.apple.pkpass"}
# Other names of parameters that are described, for older clients.
ALIASES = {"loyalty_card_id", "qr_code"}
COMMITTED = settings.BASE_DIR / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def generated() -> str:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def document(generated: str) -> dict[str, Any]:
    return dict(yaml.safe_load(generated))


def test_the_committed_document_is_current(generated: str) -> None:
    assert COMMITTED.read_text().strip() == generated.strip(), "run `make openapi` and commit docs/openapi.yaml"


def operation(document: dict[str, Any], route: Route) -> dict[str, Any]:
    # drf-spectacular shows `pk` as `id`, the name on the wire.
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda slot: "{" + slot[1].replace("pk", "id") + "}", route.path)
    if not path.startswith("/health"):
        path = "/{locale}" + path
    assert path in document["paths"], f"{path} is not in the document"
    return dict(document["paths"][path][route.method])


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_has_a_summary_examples_and_errors(route: Route, document: dict[str, Any]) -> None:
    shown = operation(document, route)
    assert shown.get("summary"), "describe it with @document"
    good = [response for status, response in shown["responses"].items() if status.startswith("2")]
    assert len(good) == 1
    is_file = "/attachment/" in route.path or route.path.endswith("/file")
    expected = "*/*" if is_file else FILES.get(route.path.rpartition(".")[2], "application/json")
    media = DOWNLOADS.get(route.path, expected)
    shown_answer = good[0]["content"][media]
    assert shown_answer["schema"].get("format") == "binary" or shown_answer.get("examples"), "give @document an example"
    bad = {status for status in shown["responses"] if status[0] in "45"}
    assert {"500", "503"} <= bad
    if not route.is_public:
        assert "401" in bad
        assert "429" in bad
    if "requestBody" in shown:
        content = shown["requestBody"]["content"]
        assert "multipart/form-data" in content or content["application/json"].get("examples"), "give a body_example"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_query_parameter_that_is_understood_is_described_and_no_other(
    route: Route, document: dict[str, Any]
) -> None:
    shown = {one["name"] for one in operation(document, route).get("parameters", []) if one.get("in") == "query"}
    assert shown <= route.parameters
    assert route.parameters - shown <= ALIASES


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
