"""What no database takes as text is an address that does not exist, on both databases."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

HOSTILE = ["a%00b", "%01", "x" * 5_000, "%F0%9F%98%80", "..%2f..", "'%20or%201=1"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_argument_in_an_address_is_never_a_fault(app: Flask, alice: FlaskClient, value: str) -> None:
    faults = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.arguments or rule.endpoint == "static":
            continue
        for argument in rule.arguments:
            path = rule.rule
            for name in rule.arguments:
                harmless = "lotus-spa" if name == "slug" else "none_0000000000001"
                path = path.replace(f"<{name}>", value if name == argument else harmless)
            status = alice.get(path).status_code
            if status >= 500:
                faults.append(f"{status} {rule.rule} {argument}")
    assert faults == []


@pytest.mark.parametrize("names", ["endpoint=x", "_method=FOO", "_scheme=javascript&_external=1", "slug=peak-fitness"])
def test_a_query_that_is_named_like_what_makes_addresses_is_never_a_fault(app: Flask, alice: FlaskClient, names: str) -> None:
    faults = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments != {"slug"}:
            continue
        page = alice.get(f"{rule.rule.replace('<slug>', 'lotus-spa')}?{names}")
        if page.status_code >= 500 or 'href="/w/peak-fitness/' in page.text:
            faults.append(f"{page.status_code} {rule.rule}")
    assert faults == []
