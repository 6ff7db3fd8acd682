"""What happens when everybody comes at once: several gunicorn processes, fifty clients, twenty rounds."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest

from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM, Actor
from models.base import db, enter, show, writing
from models.oauth import new_password
from models.oauth.authorization_code import AuthorizationCode
from models.oauth.client import Client
from models.oauth.consent import Consent
from tests.cast import PASSWORD
from tests.oauth.crowd import Remote, Sent, post, rush
from tests.oauth.flow import CALLBACK, challenge_of
from tests.visitor import Visitor

PARALLEL = 50
ROUNDS = 20
WORKERS = 4
VERIFIER = "v" * 64

pytestmark = pytest.mark.slow


@pytest.fixture
def codes(app, claude, cast, with_settings):
    """Make codes for a server: `codes(server, 20)`."""

    def make(server, number):
        with_settings(base_url=server.url)
        by = Actor("user", user_id=cast.alice.id)
        with app.app_context(), writing():
            client = Client.known(claude.id)
            consent = Consent.give(cast.alice.id, client, cast.lotus.id, {"mcp.read"}, (), by)
            return [
                AuthorizationCode.issue(
                    consent, client, challenge=challenge_of(VERIFIER), redirect_uri=CALLBACK, audience=f"{server.url}/mcp",
                    scopes={"mcp.read"}, asked=None, refreshable=True,
                )
                for _ in range(number)
            ]  # fmt: skip

    return make


@pytest.fixture
def begun(codes, claude):
    """A server and one live family's first answer per round."""

    def make(server, rounds=ROUNDS):
        remote = Remote(server.url, claude.id)
        for code in codes(server, rounds):
            answer = post(remote.redeem(code, VERIFIER, CALLBACK))
            assert answer.status == 200, answer.json
            yield remote, answer

    return make


@pytest.mark.threat("TK02")
def test_of_fifty_at_once_one_redeems_a_code_and_the_others_end_what_it_began(serve, codes, claude):
    server = serve(workers=WORKERS)
    remote = Remote(server.url, claude.id)
    for _ in range(ROUNDS):
        [code] = codes(server, 1)
        answers = rush([remote.redeem(code, VERIFIER, CALLBACK)] * PARALLEL)
        assert Counter(answer.status for answer in answers) == {200: 1, 400: PARALLEL - 1}
        [winner] = [answer for answer in answers if answer.status == 200]
        assert remote.alive(winner) == []


@pytest.mark.threat("RF02")
def test_with_the_window_at_zero_one_of_fifty_rotates_and_then_the_family_is_dead(serve, begun):
    server = serve(workers=WORKERS, environment={"FRONTDESK_REFRESH_REUSE_WINDOW": "0"})
    for remote, first in begun(server):
        answers = rush([remote.refresh(first.json["refresh_token"])] * PARALLEL)
        assert Counter(answer.status for answer in answers) == {200: 1, 400: PARALLEL - 1}
        [winner] = [answer for answer in answers if answer.status == 200]
        assert remote.alive(winner) == []


@pytest.mark.threat("RF02")
def test_in_the_window_all_fifty_get_the_identical_successor_and_a_later_replay_ends_the_family(serve, begun):
    server = serve(workers=WORKERS)
    for remote, first in begun(server):
        answers = rush([remote.refresh(first.json["refresh_token"])] * PARALLEL)
        assert Counter(answer.status for answer in answers) == {200: PARALLEL}
        assert len({answer.json["refresh_token"] for answer in answers}) == 1
        after = post(remote.refresh(answers[0].json["refresh_token"]))
        assert after.status == 200
        assert post(remote.refresh(first.json["refresh_token"])).status == 400
        assert remote.alive(after) == []


@pytest.mark.threat("RV06")
def test_after_revoke_and_refresh_at_once_nothing_live_is_left(serve, begun, sql, cast):
    server = serve(workers=WORKERS)
    refreshed = 0
    for remote, first in begun(server):
        token = first.json["refresh_token"]
        answers = rush([remote.revoke(token) if turn % 2 else remote.refresh(token) for turn in range(PARALLEL)])
        assert {answer.status for answer in answers} <= {200, 400}
        for answer in answers:
            if answer.json.get("access_token"):
                refreshed += 1
                assert remote.alive(answer) == []
        assert post(remote.ping(first.json["access_token"])).status == 401
        assert sql("SELECT id FROM token_family WHERE ended_at IS NULL", workspace=cast.lotus.id) == []
    assert refreshed  # else nothing raced


@pytest.mark.threat("RV07")
def test_no_call_that_begins_after_a_revocation_succeeds(serve, begun):
    server = serve(workers=WORKERS)
    for remote, first in begun(server, 3):
        calls = [remote.ping(first.json["access_token"])] * 20
        rush([*calls, remote.revoke(first.json["refresh_token"])])
        assert {answer.status for answer in rush(calls)} == {401}


@pytest.mark.threat("RF09")
@pytest.mark.parametrize("what", ["reset", "removal"])
def test_after_authorize_and_its_persons_reset_or_removal_at_once_no_token_is_left(app, serve, claude, cast, with_settings, what):
    server = serve(workers=2)
    with_settings(base_url=server.url)
    password, statuses = PASSWORD, Counter()
    for turn in range(ROUNDS // 2):
        person = Visitor(server.url).sign_in("bob@demo.test", password)
        person.open(f"{server.url}{claude.question(scope='mcp.read')}")
        if what == "reset":
            password = f"the password of turn {turn}"
            other, button = Visitor(server.url).open(reset_link(app, cast.bob)).fill("New password", password), "Change password"
        else:
            other, button = Visitor(server.url).sign_in("alice@demo.test", PASSWORD), "Remove"
            other.open(f"/w/lotus-spa/settings/team/{show('usr', cast.bob.id)}/removal")
        press_at_once((person, "Authorize"), (other, button))
        code = parse_qs(urlsplit(person.url).query).get("code")
        statuses[bool(code)] += 1
        if code:
            assert post(Remote(server.url, claude.id).redeem(code[0], claude.verifier, CALLBACK)).status == 400
        with app.app_context():
            if what == "removal":
                assert Consent.live_of(cast.bob.id, claude.id, cast.lotus.id) is None
                give_back(cast.lotus, cast.bob)
            db.session.remove()
    assert statuses.total() == ROUNDS // 2


def give_back(place, person):
    with writing():
        enter(place.id)
        Seat.give(db.session.get_one(Workspace, place.id), db.session.get_one(User, person.id), "staff", SYSTEM)


def press_at_once(*buttons):
    start = Barrier(len(buttons))
    with ThreadPoolExecutor(len(buttons)) as pool:
        list(pool.map(lambda button: (start.wait(30), button[0].press(button[1])), buttons))


def reset_link(app, person):
    with app.app_context():
        with writing():
            link = new_password.link_of(db.session.get_one(User, person.id)).url
        db.session.remove()
    return link


@pytest.mark.threat("RG11")
def test_sixty_different_registrations_over_two_hosts_make_exactly_fifty_clients(serve):
    hosts = [serve(workers=2), serve(workers=2)]
    body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    requests = [Sent(hosts[n % 2].url, "/oauth/register", body=body | {"client_name": f"App {n}"}) for n in range(60)]
    assert Counter(answer.status for answer in rush(requests)) == {201: 50, 429: 10}


@pytest.mark.threat("RG11")
def test_sixty_equal_registrations_are_one_client_and_none_is_refused(serve):
    hosts = [serve(workers=2), serve(workers=2)]
    body = {"redirect_uris": [CALLBACK], "client_name": "The same", "token_endpoint_auth_method": "none"}
    answers = rush([Sent(hosts[n % 2].url, "/oauth/register", body=body) for n in range(60)])
    assert Counter(answer.status for answer in answers) == {201: 60}
    assert len({answer.json["client_id"] for answer in answers}) == 1


@pytest.mark.threat("RF03")
def test_a_replay_after_a_restart_of_the_server_is_still_seen(serve, begun):
    server = serve(workers=2, environment={"FRONTDESK_REFRESH_REUSE_WINDOW": "0"})
    for remote, first in begun(server, 1):
        second = post(remote.refresh(first.json["refresh_token"]))
        server.kill()
        server.start()
        assert post(remote.refresh(first.json["refresh_token"])).status == 400
        assert remote.alive(second) == []


def test_the_first_signing_key_is_made_once_however_many_ask_at_once(serve, sql):
    from urllib.request import urlopen

    server = serve(workers=WORKERS)
    with ThreadPoolExecutor(30) as pool:
        bodies = set(pool.map(lambda _: urlopen(f"{server.url}/oauth/jwks", timeout=30).read(), range(30)))
    assert len(bodies) == 1
    assert [row["state"] for row in sql("SELECT state FROM signing_key ORDER BY state")] == ["active", "next"]
