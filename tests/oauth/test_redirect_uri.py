"""Redirect URIs: what may be registered, what matches, and what a person reads (AU02–AU05, RG01–RG04)."""

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.oauth.redirect_uri import (
    MAX_URIS,
    BadRedirectUri,
    all_registrable,
    destination,
    matches,
    registrable,
    without_loopback_port,
)
from models.oauth.uri import BadUri, parse
from tests.cheaply import cheaply

CURSOR = [
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
]
GOOD = [
    *CURSOR,
    "https://claude.ai/api/mcp/auth_callback",
    "https://vscode.dev/redirect?x=1&y=%20",
    "http://127.0.0.1/",
    "http://127.0.0.1:33418/",
    "http://127.0.0.1",
    "http://[::1]:3000/cb",
    "https://localhost:8443/cb",
    "https://localhost.evil.example/cb",
    "https://example.com:8443/a;b/c",
    "https://xn--bcher-kva.example/cb",
    "https://10.0.0.5/n8n/callback",
    "cursor://anysphere/cb",
    "com.example.app:/oauth",
    "vscode:///callback",
]
BAD = [
    *("", " ", "/cb", "//host/cb", "cb", "https", "https:", "https://", "https:///cb", "https:/host/cb", "x:/cb"),
    *("javascript:alert(1)", "JaVaScRiPt://x/%0aalert(1)", "javascript:/alert(1)", "javascript://claude.ai/cb"),
    *("data:text/html,x", "data:/text", "vbscript:/x", "blob:https://host/x", "file:///etc/passwd", "mailto:a@b.example"),
    *("ms-msdt:/id", "view-source:/x", "intent://x/cb", "urn:ietf:wg:oauth:2.0:oob", "about:blank", "filesystem:/x"),
    *("http://example.com/cb", "http://localhost.evil.test/cb", "http://127.0.0.1.evil.test/cb", "http://localhost./cb"),
    *("http://127.0.0.2/cb", "http://0.0.0.0/cb", "http://2130706433/cb", "http://0x7f.1/cb", "http://127.1/cb"),
    *("http://[::ffff:127.0.0.1]/cb", "http://[0:0:0:0:0:0:0:1]/cb", "http://[::1", "http://[::1]x/cb", "http://::1/cb"),
    *("https://0177.0.0.1/cb", "https://2130706433/cb", "https://1.2.3/cb", "https://example.com./cb"),
    *("https://host.example/cb#", "https://host.example/cb#x", "https://u@host.example/cb", "https://u:p@host.example/cb"),
    *("https://evil.example@claude.ai/cb", "cursor://u@x/cb", "https://*.example.com/cb", "https://host.example/*"),
    *("https://host.example/cb\r\nX: y", "https://host.example/\tcb", "https://host.example/cb ", " https://host.example/cb"),
    *("https://host.example\\@evil.example/cb", "https://host.example/%00", "https://host.example/a%0d%0ab", "https://h/%7F"),
    *("https://host.example/%", "https://host.example/%zz", "https://host.example/a/../b", "https://host.example/a/%2e%2e/b"),
    *("https://host.example/..;/b", "https://host.example/.", "https://host.example/%2E./b", "https://host.example/a%2f../b"),
    *("https://bücher.example/cb", "https://сlaude.ai/cb", "https://host.example/ü", "https://host.example:0/cb"),
    *("https://host.example:65536/cb", "https://host.example:/cb", "https://host.example:8o/cb", "https://-a.example/cb"),
    *("https://a..example/cb", f"https://{'a' * 64}.example/cb", f"https://{'a.' * 127}example/cb"),
    *("https://host.example/" + "a" * 2000, "https://host.example/<script>", 'https://host.example/"', "https://h/a[b]"),
]


@pytest.mark.parametrize("uri", GOOD)
def test_a_proper_redirect_uri_is_registered_unchanged(uri: str) -> None:
    assert registrable(uri) == uri


@pytest.mark.threat("RG02")
@pytest.mark.threat("RG03")
@pytest.mark.parametrize("uri", [*BAD, None, 7, ["https://host.example/cb"], {"a": 1}])
def test_a_bad_redirect_uri_is_refused_without_being_echoed(uri: object) -> None:
    with pytest.raises(BadRedirectUri) as refused:
        registrable(uri)
    assert refused.value.message.isascii()
    assert not (isinstance(uri, str) and len(uri) > 6 and uri in refused.value.message)


def test_the_three_uris_of_cursor_are_accepted_in_one_body() -> None:
    assert all_registrable(CURSOR) == tuple(CURSOR)


@pytest.mark.threat("RG01")
def test_none_or_too_many_are_refused_and_one_bad_uri_refuses_all() -> None:
    for uris in ([], [f"https://host.example/{n}" for n in range(MAX_URIS + 1)], [*CURSOR, "javascript:alert(1)"]):
        with pytest.raises(BadRedirectUri):
            all_registrable(uris)
    assert all_registrable(["https://h.example/"] * 3) == ("https://h.example/",)


@pytest.mark.parametrize(
    "presented",
    [
        *("https://host.example/cb/", "https://host.example/cb/x", "https://host.example/cb?x=1", "https://host.example/CB"),
        *("https://HOST.example/cb", "HTTPS://host.example/cb", "https://host.example:443/cb", "https://host.example/c%62"),
        *("http://host.example/cb", "https://host.example/./cb", "https://host.example/x/../cb", "https://host.example//cb"),
        *("https://host.example/cb#x", "https://host.example/cb?", "https://host.example/cb%00", "https://host.example/cb\r\n"),
        *("https://host.example.evil.test/cb", "https://evil.test/cb", "https://host.example@evil.test/cb", "", "cb"),
        *("https://sub.host.example/cb", "https://host.example:8443/cb", "https://host.example/..;/cb"),
    ],
)
def test_a_redirect_uri_that_differs_in_anything_does_not_match(presented: str) -> None:
    assert matches(["https://host.example/cb"], "https://host.example/cb")
    assert not matches(["https://host.example/cb"], presented)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_port_of_this_computer_is_free_and_nothing_else_is(host: str) -> None:
    for registered in (f"http://{host}/cb", f"http://{host}:8787/cb"):
        for presented in (f"http://{host}/cb", f"http://{host}:1/cb", f"http://{host}:65535/cb"):
            assert matches([registered], presented)
        for presented in (
            f"http://{host}:80/cb/",
            f"http://{host}:80/CB",
            f"https://{host}:80/cb",
            f"http://{host}:0/cb",
            f"http://{host}:65536/cb",
            f"http://{host}:1:2/cb",
            f"http://{host}:80@evil.test/cb",
            f"http://{host}:80.evil.test/cb",
            f"http://{host}.evil.test/cb",
            f"http://u@{host}/cb",
        ):
            assert not matches([registered], presented)


def test_the_three_names_of_this_computer_never_stand_for_one_another() -> None:
    hosts = ["localhost", "127.0.0.1", "[::1]"]
    for registered in hosts:
        for presented in hosts:
            assert matches([f"http://{registered}/cb"], f"http://{presented}:5000/cb") is (registered == presented)


def test_the_port_of_a_private_use_scheme_is_part_of_its_text() -> None:
    assert not matches(["cursor://localhost/cb"], "cursor://localhost:1/cb")


@pytest.mark.parametrize(
    ("uri", "kind", "shown", "host"),
    [
        ("https://claude.ai/api/mcp/auth_callback", "web", "claude.ai", "claude.ai"),
        ("https://Claude.AI:443/cb", "web", "claude.ai", "claude.ai"),
        ("https://claude.ai.evil.example:8443/cb", "web", "claude.ai.evil.example:8443", "claude.ai.evil.example"),
        ("https://xn--laude-5kf.example/cb", "web", "xn--laude-5kf.example", "xn--laude-5kf.example"),
        ("http://localhost:8787/cb", "computer", "this computer", "localhost"),
        ("http://[::1]:8787/cb", "computer", "this computer", "[::1]"),
        ("https://localhost.evil.example/cb", "web", "localhost.evil.example", "localhost.evil.example"),
        ("cursor://anysphere.cursor-mcp/cb", "app", "cursor://anysphere.cursor-mcp", None),
        ("com.example.app:/oauth", "app", "com.example.app:", None),
    ],
)
def test_the_consent_page_says_where_the_answer_goes(uri: str, kind: str, shown: str, host: str | None) -> None:
    where = destination(uri)
    assert (where.kind, where.shown, where.host) == (kind, shown, host)


anything = st.text(alphabet=string.printable + "üｈ。\u202e\x00", max_size=40)
near = st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "HTTP", "x-app"]), anything, anything)


@given(st.one_of(anything, near, st.sampled_from(GOOD + BAD)))
def test_what_is_accepted_reads_the_same_to_the_standard_library(text: str) -> None:
    try:
        uri = parse(text)
    except BadUri:
        return
    other = urlsplit(text)
    assert (uri.scheme, uri.authority, uri.path, uri.query or "") == (
        other.scheme,
        other.netloc,
        other.path,
        other.query,
    )
    assert other.fragment == ""
    assert other.username is None
    if uri.is_web:
        assert (uri.host.strip("[]"), uri.port) == (other.hostname, other.port)


@given(st.sampled_from(GOOD), st.sampled_from(GOOD), st.integers(1, 65535))
def test_two_different_uris_match_only_on_this_computer(one: str, other: str, port: int) -> None:
    assume(one != other)
    if matches([one], other):
        assert destination(one).kind == destination(other).kind == "computer"
        assert destination(one).host == destination(other).host
    assert matches([one], one)
    assert without_loopback_port(without_loopback_port(one)) == without_loopback_port(one)


@pytest.mark.parametrize("text", ["https://" + "a." * 10**6, "a" * 10**6, "https://h/" + "%2e" * 10**6, "*" * 10**6])
def test_a_megabyte_is_refused_at_once(text: str) -> None:
    with cheaply(), pytest.raises(BadRedirectUri):
        registrable(text)
