"""The settings: one frozen class, read through `settings()`. `.env.example` is generated from it.

A misspelt or malformed FRONTDESK_* stops the start with one clear line (SettingsError).
"""

import ipaddress
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "FRONTDESK_"
SECONDS_MAX = 3_153_600_000
"""A hundred years: more would leave the calendar."""
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The names of this computer, as the host of a URL spells them."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
DEMO_PASSWORD_MAX = 200
"""What a sign-in takes; a longer one would let nobody in."""
SECRET_FILE = PREFIX + "SECRET_KEY_FILE"
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?")


class SettingsError(Exception):
    """A setting is missing, misspelt or malformed; the message is one line for the operator."""


class Settings(BaseSettings):
    """Everything that an operator may choose, with its default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(Path("var"), description="Where the SQLite file, the demo's secret and backups live.")
    database_url: str = Field(
        "", description="SQLite in the data directory, or postgresql+psycopg://… for several hosts."
    )
    base_url: str = Field("", description="The public address, https in production; the issuer. Never taken from Host.")
    secret_key: SecretStr = Field(
        SecretStr(""), description="At least 32 characters; or FRONTDESK_SECRET_KEY_FILE, a file."
    )
    mail_url: SecretStr = Field(
        SecretStr(""),
        description="smtp[s]://user:password@host:port (smtp: with STARTTLS, or on this machine); empty: nothing is sent.",
    )
    mail_from: str = Field("", description="The sender of our mail, e.g. Frontdesk <desk@example.com>.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field((), description="CIDRs whose X-Forwarded-* count.")
    trusted_client_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("claude.ai", "claude.com"), description="Hosts of published client identities that need no quarantine."
    )
    access_token_ttl: PositiveInt = Field(900, le=SECONDS_MAX, description="Seconds an access token lives.")
    refresh_token_ttl: PositiveInt = Field(
        2_592_000, le=SECONDS_MAX, description="Seconds each refresh token lives from its issue."
    )
    refresh_family_ttl: PositiveInt = Field(
        15_552_000, le=SECONDS_MAX, description="Seconds a family of refresh tokens lives from consent."
    )
    refresh_reuse_window: int = Field(
        60, ge=0, le=3600, description="Seconds in which a retry gets the same successor; 0 = strict."
    )
    registration_limit: PositiveInt = Field(50, le=1_000_000, description="New self-registered clients a day and address.")
    quarantine_hours: int = Field(24, ge=0, le=87_600, description="Hours a self-registered app stays read-only; 0 = off.")
    default_plan: Literal["free", "lite", "starter", "unlimited"] = Field(
        "unlimited", description="The plan of a new workspace."
    )
    demo_password: SecretStr = Field(
        SecretStr(""), description="Password of the demo's people; else random, and printed."
    )

    @field_validator("trusted_proxies", "trusted_client_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_client_hosts")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower() for host in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @field_validator("base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.path.rstrip("/"):
            raise ValueError("must have no path")
        if not _ORIGIN.fullmatch(value.rstrip("/").lower()):
            raise ValueError("must be an origin such as https://desk.example.com, an international name in punycode")
        if parts.port == _DEFAULT_PORTS[parts.scheme]:
            raise ValueError("must not spell out the default port")
        return f"{parts.scheme}://{parts.netloc}".lower()

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters; make one with: openssl rand -base64 48")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        if value.startswith("sqlite:") and make_url(value).database in (None, "", ":memory:"):
            raise ValueError("must name a file: sqlite:////var/lib/frontdesk/frontdesk.sqlite3")
        try:
            make_url(value or "sqlite://")
        except (ArgumentError, ValueError):
            raise ValueError("is no database address such as postgresql+psycopg://user@host:5432/name") from None
        return value

    @field_validator("mail_url")
    @classmethod
    def _smtp(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _is_smtp(value.get_secret_value()):
            raise ValueError("must be smtp://host:port or smtps://host:port")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if value and ("@" not in parseaddr(value)[1] or not value.isprintable()):
            raise ValueError("must be one address, such as Frontdesk <desk@example.com>")
        return value

    @field_validator("demo_password")
    @classmethod
    def _that_signs_in(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) > DEMO_PASSWORD_MAX:
            raise ValueError(f"must have at most {DEMO_PASSWORD_MAX} characters")
        return value

    @property
    def database(self) -> str:
        """The database URL in force: the given one, else SQLite in the data directory."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'frontdesk.sqlite3').resolve()}"

    @property
    def https(self) -> bool:
        """Whether the public address is https, which decides the cookie's name and flags."""
        return self.base_url.startswith("https://")

    @property
    def is_local(self) -> bool:
        """Whether the public address is this computer."""
        return _host_of(self.base_url) in LOOPBACK

    @property
    def hosts(self) -> frozenset[str]:
        """What a Host header may say: the public address, its default port spelled out or not; a loopback one by all its
        names."""
        scheme, port = self.base_url.partition(":")[0], urlsplit(self.base_url).port
        ports = (f":{port}",) if port else ("", f":{_DEFAULT_PORTS[scheme]}")
        return frozenset(name + each for name in self._names for each in ports)

    @property
    def origins(self) -> frozenset[str]:
        """What an Origin header says of our own pages."""
        scheme, port = self.base_url.partition(":")[0], urlsplit(self.base_url).port
        return frozenset(f"{scheme}://{name}{f':{port}' if port else ''}" for name in self._names)

    @property
    def _names(self) -> tuple[str, ...]:
        return LOOPBACK if self.is_local else (_host_of(self.base_url),)


def read(**overrides: Any) -> Settings:
    """The settings of the environment; overrides win. Raises SettingsError with one line for the operator."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {SECRET_FILE}
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name not in known:
            raise SettingsError(f"{name} is no setting of Frontdesk. Known: {', '.join(sorted(known))}.")
    file = os.environ.get(SECRET_FILE, "")
    if file and "secret_key" not in overrides and not os.environ.get(PREFIX + "SECRET_KEY"):
        overrides["secret_key"] = _secret_in(Path(file))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}.") from None


def _host_of(base_url: str) -> str:
    """The host without its port; an IPv6 address stays in its brackets."""
    host = urlsplit(base_url).hostname or ""
    return f"[{host}]" if ":" in host else host


def _is_smtp(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _secret_in(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"{SECRET_FILE} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{SECRET_FILE} must hold text; make one with: openssl rand -base64 48.") from None


_current: Settings | None = None


def settings() -> Settings:
    """The settings in force in this process."""
    global _current
    if _current is None:
        _current = read()
    return _current


def use(chosen: Settings) -> None:
    """Put settings in force: the app factory does, once a process."""
    global _current
    _current = chosen


@contextmanager
def changed(**values: Any) -> Iterator[Settings]:
    """Other values within the block, for tests."""
    global _current
    before = settings()
    _current = before.model_copy(update=values)
    try:
        yield _current
    finally:
        _current = before
