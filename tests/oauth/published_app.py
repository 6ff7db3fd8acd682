"""An app that publishes who it is and signs its assertions, on a small internet of its own, beside a canary inside."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore2
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from blueprints.outbound import may_fetch
from blueprints.outbound.addresses import is_public
from blueprints.outbound.look_up import Outbound
from models import clock
from tests.oauth.flow import CALLBACK, App
from tests.oauth.internet import Internet, reply

HOST = "app.example"
IDENTITY = f"https://{HOST}/client.json"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Outside(Internet):
    """Public addresses lead to the small internet, and all others to where they lead: nothing but the check stands between."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        if is_public(host):
            return super().connect_tcp(host, port, timeout)
        return self._real.connect_tcp(host, port, timeout=timeout)


@dataclass
class PublishedApp:
    """What stands at its URL, and how it signs."""

    app: Flask
    outside: Outside
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    now: float = 1000.0
    client: App = field(init=False)

    def __post_init__(self) -> None:
        self.client = App(self.app.test_client(), id=IDENTITY, redirect_uri=CALLBACK)
        fetcher = Outbound(
            resolver=self.outside.resolve, trust=self.outside.trust, network=self.outside, clock=lambda: self.now, may=may_fetch
        )
        self.app.extensions["outbound"] = fetcher
        self.publish(jwks=self.public(self.key))

    def public(self, *keys: ECKey) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in keys]}

    def publish(self, **members: Any) -> None:
        document = {
            "client_id": IDENTITY, "client_name": "Published", "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "private_key_jwt",
        }  # fmt: skip
        said = {name: value for name, value in (document | members).items() if value is not None}
        self.outside.answers["/client.json"] = reply(json.dumps(said).encode())

    def proof(self, jti: str, key: ECKey | None = None) -> dict[str, str]:
        """The parameters of a signed assertion."""
        at = int(clock.now().timestamp())
        claims = {"iss": IDENTITY, "sub": IDENTITY, "aud": "http://localhost", "iat": at, "exp": at + 60, "jti": jti}
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims, key or self.key)
        return {"client_assertion_type": TYPE, "client_assertion": token}

    def refresh(self, token: str, jti: str, key: ECKey | None = None) -> TestResponse:
        return self.client.refresh(token, **self.proof(jti, key))
