"""The page of the service: every operation, no script, nothing from another host."""

import re
from collections.abc import Iterator

import pytest

from coin_models_tests.pipeline.prepared_services import ServicesInMemory, services_in_memory
from coin_models_tests.serving.served import client


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServicesInMemory]:
    with services_in_memory(tmp_path_factory.mktemp("home")) as made:
        yield made


def test_the_page_shows_each_operation_and_loads_nothing(services: ServicesInMemory) -> None:
    asked = client(services)
    document, page = asked.get("/openapi.json").json(), asked.get("/docs")

    for path, operations in document["paths"].items():
        for method in operations:
            assert f"<b>{method.upper()}</b> {path}" in page.text
    assert page.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert re.findall(r"<script|src=|https?://(?!127\.0\.0\.1)", page.text) == []


def test_the_page_says_what_each_field_is(services: ServicesInMemory) -> None:
    text = client(services).get("/docs").text

    assert "<td>candles_age_seconds</td><td>number</td><td>Seconds since the last candle closed.</td>" in text
    assert "<td>champions_error</td><td>string or null</td>" in text
    assert "<td>failures</td><td>list of CoinFailure</td>" in text
    assert "curl -H &#34;" not in text


def test_the_root_leads_to_the_page(services: ServicesInMemory) -> None:
    answer = client(services).get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
