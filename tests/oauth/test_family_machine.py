"""Families against a small model: issue, rotate, replay, narrow, revoke, clock steps, restarts, in any order."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from models import clock
from models.activity.actor import Actor
from models.base import db, writing
from models.oauth import signature
from models.oauth.authorization_code import AuthorizationCode
from models.oauth.client import Client
from models.oauth.consent import Consent
from tests.oauth.flow import CALLBACK, challenge_of

RUNS = 200
STEPS = 50
WINDOW = timedelta(seconds=60)
TOKEN_LIFE, FAMILY_LIFE, ACCESS_LIFE = timedelta(days=30), timedelta(days=180), timedelta(seconds=900)
VERIFIER = "v" * 64
ALL = "mcp.read mcp.write"
PICK = st.integers(0, 99)

pytestmark = pytest.mark.slow


@dataclass
class Token:
    """A refresh token as the model knows it."""

    value: str
    effective: str
    issued_at: datetime
    expires_at: datetime
    child: "Token | None" = None


@dataclass
class Access:
    """An access token as the model knows it."""

    value: str
    expires_at: datetime
    ended: bool = False


@dataclass
class Family:
    """A family as the model knows it: dead or alive, and everything it ever issued."""

    ends_at: datetime
    tokens: list[Token] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    ended: bool = False

    def stands(self, now: datetime) -> bool:
        return not self.ended and now < self.ends_at


def test_families_behave_like_the_model_whatever_happens_in_whatever_order(app, claude, new_app, cast):
    stranger = new_app(client_name="Stranger")
    with app.app_context(), writing():
        by = Actor("user", user_id=cast.alice.id)
        consent = Consent.give(cast.alice.id, Client.known(claude.id), cast.lotus.id, ALL.split(), (), by)
        consent_id = consent.id

    class Families(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.now = datetime.fromisoformat("2026-11-21T06:00:00+00:00")
            self.families: list[Family] = []

        @rule()
        def issue(self) -> None:
            with clock.stopped(self.now), app.app_context():
                with writing():
                    code = AuthorizationCode.issue(
                        db.session.get_one(Consent, (cast.lotus.id, consent_id)), Client.known(claude.id),
                        challenge=challenge_of(VERIFIER), redirect_uri=CALLBACK, audience="http://localhost/mcp",
                        scopes=ALL.split(), asked=None, refreshable=True,
                    )  # fmt: skip
                answer = claude.redeem(code, code_verifier=VERIFIER).json
            family = Family(self.now + FAMILY_LIFE)
            self.families.append(family)
            self._learn(family, answer, ALL)

        @precondition(lambda self: self.families)
        @rule(which=PICK, token=PICK, newest=st.booleans(), narrow=st.sampled_from([None, "mcp.read"]))
        def refresh(self, which: int, token: int, newest: bool, narrow: str | None) -> None:
            family = self.families[which % len(self.families)]
            presented = family.tokens[-1] if newest else family.tokens[token % len(family.tokens)]
            with clock.stopped(self.now):
                answer = claude.refresh(presented.value, scope=narrow)
            effective = narrow or ALL
            expected = self._expected(family, presented, effective)
            assert answer.status_code == (400 if expected is None else 200), (answer.json, expected)
            if isinstance(expected, Token):
                assert answer.json["refresh_token"] == expected.value
                family.accesses.append(Access(answer.json["access_token"], self._access_end(family)))
            elif expected == "rotates":
                presented.child = self._learn(family, answer.json, effective)

        def _expected(self, family: Family, presented: Token, effective: str) -> Token | str | None:
            """What should come of it; ends the model's family on a reuse."""
            if not family.stands(self.now):
                return None
            child = presented.child
            if child is None:
                return "rotates" if self.now < presented.expires_at else None
            if self.now - child.issued_at <= WINDOW and child.child is None and child.effective == effective:
                return child
            family.ended = True
            return None

        @precondition(lambda self: self.families)
        @rule(which=PICK, token=PICK)
        def a_stranger_presents_it(self, which: int, token: int) -> None:
            family = self.families[which % len(self.families)]
            with clock.stopped(self.now):
                assert stranger.refresh(family.tokens[token % len(family.tokens)].value).status_code == 400

        @precondition(lambda self: self.families)
        @rule(which=PICK, token=PICK)
        def revoke(self, which: int, token: int) -> None:
            family = self.families[which % len(self.families)]
            with clock.stopped(self.now):
                assert claude.revoke(family.tokens[token % len(family.tokens)].value).status_code == 200
            family.ended = True

        @precondition(lambda self: self.families)
        @rule(which=PICK, token=PICK)
        def revoke_an_access_token(self, which: int, token: int) -> None:
            family = self.families[which % len(self.families)]
            access = family.accesses[token % len(family.accesses)]
            with clock.stopped(self.now):
                assert claude.revoke(access.value).status_code == 200
            access.ended = access.ended or (family.stands(self.now) and self.now < access.expires_at)

        @precondition(lambda self: self.families)
        @rule(which=PICK, token=PICK)
        def call(self, which: int, token: int) -> None:
            family = self.families[which % len(self.families)]
            access = family.accesses[token % len(family.accesses)]
            alive = family.stands(self.now) and self.now < access.expires_at and not access.ended
            with clock.stopped(self.now):
                assert claude.call(access.value).status_code == (200 if alive else 401)

        @rule(step=st.sampled_from([1, 1, 29, 30, 59, 61, 899, 3600, 86_400 * 29, 86_400 * 31]))
        def wait(self, step: int) -> None:
            self.now += timedelta(seconds=step)

        @rule()
        def restart(self) -> None:
            signature.forget()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()

        def _learn(self, family: Family, answer: dict[str, str], effective: str) -> Token:
            expires_at = min(self.now + TOKEN_LIFE, family.ends_at)
            token = Token(answer["refresh_token"], effective, self.now, expires_at)
            family.tokens.append(token)
            family.accesses.append(Access(answer["access_token"], self._access_end(family)))
            return token

        def _access_end(self, family: Family) -> datetime:
            return min(self.now + ACCESS_LIFE, family.ends_at)

    run_state_machine_as_test(
        Families,
        settings=settings(
            max_examples=RUNS, stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        ),
    )
