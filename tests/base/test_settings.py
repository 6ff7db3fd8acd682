"""Settings that make no sense stop the start with one line that names them."""

from pathlib import Path

import pytest

from models.settings import SettingsError, read

BAD = [
    ("FRONTDESK_BASE_URI", "http://localhost", "no setting of Frontdesk"),
    ("FRONTDESK_BASE_URL", "localhost:8000", "FRONTDESK_BASE_URL"),
    ("FRONTDESK_BASE_URL", "https://desk.example.com/path", "must have no path"),
    ("FRONTDESK_BASE_URL", "http://exa mple.com", "must be an origin"),
    ("FRONTDESK_BASE_URL", "https://:pw@desk.example.com", "must be an origin"),
    ("FRONTDESK_BASE_URL", "https://desk.example.com:", "must be an origin"),
    ("FRONTDESK_BASE_URL", "http://b\xfccher.example", "punycode"),
    ("FRONTDESK_BASE_URL", "http://[::1", "FRONTDESK_BASE_URL"),
    ("FRONTDESK_BASE_URL", "http://h:99999", "FRONTDESK_BASE_URL"),
    ("frontdesk_base_url", "http://localhost", "no setting of Frontdesk"),
    ("FRONTDESK_MAIL_FROM", "a@b.example\nBcc: c@d.example", "must be one address"),
    ("FRONTDESK_MAIL_FROM", "nobody", "must be one address"),
    ("FRONTDESK_DEMO_PASSWORD", "x" * 201, "at most 200 characters"),
    ("FRONTDESK_DATABASE_URL", "sqlite:///:memory:", "must name a file"),
    ("FRONTDESK_DATABASE_URL", "mysql://x", "must begin with"),
    ("FRONTDESK_DATABASE_URL", "postgresql+psycopg://u@h:xx/x", "no database address"),
    ("FRONTDESK_MAIL_URL", "smtp://a:b@h:x", "must be smtp://"),
    ("FRONTDESK_MAIL_URL", "http://mail", "must be smtp://"),
    ("FRONTDESK_SECRET_KEY", "short", "at least 32 characters"),
    ("FRONTDESK_SECRET_KEY_FILE", "/no/such/file", "cannot be read"),
    ("FRONTDESK_ACCESS_TOKEN_TTL", "abc", "FRONTDESK_ACCESS_TOKEN_TTL"),
    ("FRONTDESK_ACCESS_TOKEN_TTL", "0", "FRONTDESK_ACCESS_TOKEN_TTL"),
    ("FRONTDESK_REFRESH_FAMILY_TTL", "999999999999", "FRONTDESK_REFRESH_FAMILY_TTL"),
    ("FRONTDESK_REFRESH_REUSE_WINDOW", "3601", "FRONTDESK_REFRESH_REUSE_WINDOW"),
    ("FRONTDESK_QUARANTINE_HOURS", "-1", "FRONTDESK_QUARANTINE_HOURS"),
    ("FRONTDESK_TRUSTED_PROXIES", "10.0.0.0/33", "FRONTDESK_TRUSTED_PROXIES"),
    ("FRONTDESK_DEFAULT_PLAN", "gold", "FRONTDESK_DEFAULT_PLAN"),
]


@pytest.mark.parametrize(("name", "value", "said"), BAD)
def test_a_setting_that_makes_no_sense_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read()
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "https://xn--bcher-kva.example", "http://localhost/"])
def test_an_origin_is_taken_without_its_last_slash(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("FRONTDESK_BASE_URL", url)
    assert read().base_url == url.rstrip("/")


def test_a_secret_file_that_is_no_text_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe" * 20)
    monkeypatch.setenv("FRONTDESK_SECRET_KEY_FILE", str(file))
    with pytest.raises(SettingsError, match="must hold text"):
        read()


def test_the_reuse_window_and_the_quarantine_may_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_REFRESH_REUSE_WINDOW", "0")
    monkeypatch.setenv("FRONTDESK_QUARANTINE_HOURS", "0")
    chosen = read()
    assert (chosen.refresh_reuse_window, chosen.quarantine_hours) == (0, 0)


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s" * 40 + "\n")
    monkeypatch.setenv("FRONTDESK_SECRET_KEY_FILE", str(file))
    assert read().secret_key.get_secret_value() == "s" * 40
