"""The Connect page: the address, who can reach it, and whether anything has called."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from blueprints.portal.reach import reach_of

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_the_page_shows_the_address_and_what_to_copy_for_each_program(alice: FlaskClient) -> None:
    page = alice.get("/w/lotus-spa/connect").get_data(as_text=True)
    assert ">http://localhost/mcp/lotus-spa</code>" in page
    assert "claude mcp add --transport http lotus-spa http://localhost/mcp/lotus-spa" in page
    for program in ("Claude", "Claude Code", "Cursor", "VS Code", "n8n", "curl"):
        assert f"<h2>{program}</h2>" in page


def test_everybody_with_a_seat_sees_it_and_nobody_else(bob: FlaskClient, charlie: FlaskClient, client: FlaskClient) -> None:
    assert bob.get("/w/lotus-spa/connect").status_code == 200
    assert "settings/api" not in bob.get("/w/lotus-spa/connect").get_data(as_text=True)
    assert charlie.get("/w/lotus-spa/connect").status_code == charlie.get("/w/no-such-place/connect").status_code == 404
    assert client.get("/w/lotus-spa/connect").location == "/login?next=%2Fw%2Flotus-spa%2Fconnect"


@pytest.mark.parametrize(
    ("base_url", "reach"),
    [
        ("http://127.0.0.1:8000", "computer"), ("http://localhost:8000", "computer"), ("https://[::1]:8443", "computer"),
        ("https://desk.localhost", "computer"), ("http://192.168.1.20", "network"), ("https://10.0.0.4", "network"),
        ("https://salon-pc", "network"), ("http://desk.local", "network"), ("https://100.64.1.1", "network"),
        ("http://desk.example.com", "insecure"), ("http://8.8.8.8", "insecure"), ("https://desk.example.com", "public"),
    ],
)  # fmt: skip
def test_who_can_reach_the_server_is_told_from_its_address(base_url: str, reach: str) -> None:
    assert reach_of(base_url) == reach


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("http://localhost", "claude.ai cannot reach localhost"),
        ("http://desk.local", "only inside your own network"),
        ("http://desk.example.com", "not encrypted"),
        ("https://desk.example.com", "public and encrypted"),
    ],
)
def test_the_page_says_in_plain_words_who_can_reach_it(
    alice: FlaskClient, with_settings: Callable[..., None], base_url: str, said: str
) -> None:
    with_settings(base_url=base_url)
    assert said in alice.get("/w/lotus-spa/connect").get_data(as_text=True)


def test_until_something_has_called_the_page_waits_and_asks_again(alice: FlaskClient) -> None:
    fragment = alice.get("/w/lotus-spa/connect", headers=FRAGMENT).get_data(as_text=True)
    assert fragment.lstrip().startswith('<div class="row" id="last-call" data-hx-get=')
    assert "Waiting for the first call" in fragment
