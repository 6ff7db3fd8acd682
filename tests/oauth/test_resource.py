"""The resource parameter and the PKCE challenge (RFC 8707, RFC 7636; AU06–AU08, AU14, TK05)."""

from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.oauth.checks.pkce import BadChallenge, challenge_of, proves
from blueprints.oauth.checks.resource import Audience, InvalidTarget, audience, named_audience

BASE = "https://desk.example"


@pytest.mark.parametrize("resource", [None, "", BASE, BASE + "/", "HTTPS://DESK.Example", "https://desk.example:443/"])
def test_no_resource_or_our_bare_origin_means_the_whole_endpoint(resource: str | None) -> None:
    assert named_audience(BASE, resource) is None
    assert audience(BASE, resource) == Audience("https://desk.example/mcp", None)


@pytest.mark.parametrize(
    ("resource", "url", "slug"),
    [
        ("https://desk.example/mcp", "https://desk.example/mcp", None),
        ("https://desk.example/mcp/", "https://desk.example/mcp", None),
        ("HTTPS://Desk.EXAMPLE:443/mcp", "https://desk.example/mcp", None),
        ("https://desk.example/mcp/lotus-spa", "https://desk.example/mcp/lotus-spa", "lotus-spa"),
        ("https://DESK.example/mcp/lotus-spa/", "https://desk.example/mcp/lotus-spa", "lotus-spa"),
        ("https://desk.example/mcp/nobody-knows-it", "https://desk.example/mcp/nobody-knows-it", "nobody-knows-it"),
    ],
)
def test_case_of_host_and_a_trailing_slash_do_not_count(resource: str, url: str, slug: str | None) -> None:
    assert audience(BASE, resource) == named_audience(BASE, resource) == Audience(url, slug)


@pytest.mark.parametrize(
    "resource",
    [
        *("https://other.example/mcp", "http://desk.example/mcp", "https://desk.example:8443/mcp", "desk.example/mcp"),
        *("https://desk.example/MCP", "https://desk.example/mcp//", "https://desk.example//mcp", "https://desk.example/mcpx"),
        *("https://desk.example/mcp?x=1", "https://desk.example/mcp?", "https://desk.example/mcp#x", "https://desk.example/x"),
        *("https://desk.example/mcp/Lotus", "https://desk.example/mcp/a/b", "https://desk.example/mcp/-a"),
        *(
            "https://desk.example/mcp/a_b",
            "https://desk.example/mcp/%61",
            "https://desk.example/mcp/..",
            "https://u@desk.example/mcp",
        ),
        *("https://desk.example.evil.test/mcp", "https://desk.example./mcp", "https://desk.example\\mcp", "mcp", "\x00", " "),
        *("https://desk.example/mcp/" + "a" * 49, "https://desk.example/mcp/" + "a" * 100_000, "https://дesk.example/mcp"),
    ],
)
def test_any_other_resource_is_an_invalid_target(resource: str) -> None:
    with pytest.raises(InvalidTarget):
        audience(BASE, resource)


def test_a_base_url_with_a_port_or_a_path_keeps_it() -> None:
    assert audience("http://127.0.0.1:8000", "http://127.0.0.1:8000/mcp/a").url == "http://127.0.0.1:8000/mcp/a"
    assert audience("http://[::1]:8000", "http://[::1]:8000/").url == "http://[::1]:8000/mcp"
    with pytest.raises(InvalidTarget):
        audience("http://127.0.0.1:8000", "http://localhost:8000/mcp")
    assert audience("https://h.example/crm", "https://h.example/crm/mcp/a/").url == "https://h.example/crm/mcp/a"
    assert named_audience("https://h.example/crm", "https://h.example/crm/") is None
    with pytest.raises(InvalidTarget):
        audience("https://h.example/crm", "https://h.example/mcp")


@given(st.text(max_size=60) | st.builds("{}{}".format, st.sampled_from([BASE, BASE + "/mcp/"]), st.text(max_size=20)))
def test_every_audience_is_one_of_ours_in_its_canonical_spelling(resource: str) -> None:
    try:
        found = audience(BASE, resource)
    except InvalidTarget:
        return
    assert found.url == f"{BASE}/mcp" + (f"/{found.slug}" if found.slug else "")
    assert audience(BASE, found.url) == found


def s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_rfc_is_proven() -> None:
    assert challenge_of(CHALLENGE, "S256") == CHALLENGE
    assert proves(VERIFIER, CHALLENGE)


@pytest.mark.parametrize("method", [None, "", "plain", "S512", "s256", "S256 ", "none"])
def test_every_method_but_s256_is_refused_a_missing_one_too(method: str | None) -> None:
    with pytest.raises(BadChallenge):
        challenge_of(CHALLENGE, method)


@pytest.mark.parametrize(
    "challenge", [None, "", CHALLENGE[:-1], CHALLENGE + "=", CHALLENGE + "A", CHALLENGE[:-1] + "+", "é" * 43, "A" * 10**6]
)
def test_a_challenge_that_no_verifier_can_have_is_refused(challenge: str | None) -> None:
    with pytest.raises(BadChallenge):
        challenge_of(challenge, "S256")


@pytest.mark.parametrize(
    "verifier",
    [None, "", VERIFIER[:-1], VERIFIER + "x", VERIFIER.swapcase(), CHALLENGE, VERIFIER + "\n", "é" * 43, "x" * 10**6],
)
def test_a_wrong_verifier_proves_nothing(verifier: str | None) -> None:
    assert not proves(verifier, CHALLENGE)


@given(st.text(alphabet="abcXYZ019-._~", min_size=40, max_size=132))
def test_a_verifier_of_43_to_128_unreserved_characters_proves_its_own_challenge(verifier: str) -> None:
    assert proves(verifier, s256(verifier)) is (43 <= len(verifier) <= 128)
    assert not proves(verifier, verifier[:43])
