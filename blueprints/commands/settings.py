"""`frontdesk settings`: every setting with its default, and the files that are generated from them."""

from pathlib import Path

import click
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from models.settings import PREFIX, SECRET_FILE, Settings

HEAD = """\
# Every setting of Frontdesk with its default. Generated: frontdesk settings --env > .env.example
# The program reads the environment, not this file: systemd's EnvironmentFile=, or `set -a; . ./.env; set +a`.
"""


@click.command()
@click.option("--env", "form", flag_value="env", help="As .env.example.")
@click.option("--markdown", "form", flag_value="markdown", help="As the table of the README.")
def settings(form: str | None) -> None:
    """List every FRONTDESK_* setting with its default and what it does."""
    made = {"env": env_example, "markdown": markdown_table}.get(form or "", plain_list)()
    click.echo(made, nl=False)


def rows() -> list[tuple[str, str, str]]:
    """Name, default and sentence of every setting, in the order of the class."""
    listed: list[tuple[str, str, str]] = []
    for name, field in Settings.model_fields.items():
        listed.append((PREFIX + name.upper(), _spelt(field.default), field.description or ""))
        if name == "secret_key":
            listed.append((SECRET_FILE, "", "A file that holds the secret, read where the setting itself is empty."))
    return listed


def env_example() -> str:
    """The text of `.env.example`."""
    parts = [f"\n# {sentence}\n#{name}={default}\n" for name, default, sentence in rows()]
    return HEAD + "".join(parts)


def markdown_table() -> str:
    """The table of the README."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for name, default, sentence in rows():
        value = f"`{default}`" if default else "–"
        escaped = sentence.replace("|", "\\|")
        lines.append(f"| `{name}` | {value} | {escaped} |")
    return "\n".join(lines) + "\n"


def plain_list() -> str:
    """One setting a paragraph, for a terminal."""
    return "".join(f"{name}{'=' + default if default else ''}\n    {sentence}\n" for name, default, sentence in rows())


def _spelt(default: object) -> str:
    """A default as it would be written in the environment."""
    if default is PydanticUndefined or default is None:
        return ""
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, tuple):
        return ",".join(str(part) for part in default)
    return default.as_posix() if isinstance(default, Path) else str(default)
