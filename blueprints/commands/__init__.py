"""The `frontdesk` program: one file a command.

Commands run without an app context and build the application themselves, or it would be built before `demo` has made
its secret. A setting that is wrong ends with one line and exit code 2; a rule that says no with one line and 1.
"""

from typing import Any

import click
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from blueprints.commands.db import db
from blueprints.commands.demo import demo
from blueprints.commands.doctor import doctor
from blueprints.commands.oauth import oauth
from blueprints.commands.serve import serve
from blueprints.commands.settings import settings
from blueprints.commands.tools import tools
from blueprints.commands.user import user
from blueprints.commands.worker import worker
from blueprints.commands.workspace import workspace
from models.errors import DomainError
from models.settings import SettingsError

WRONG_SETTING = 2
REFUSED = 1


class Program(click.Group):
    """A group whose commands end with one clear line where a setting, a rule or the database says no."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            self._end(ctx, str(error), WRONG_SETTING)
        except DomainError as error:
            self._end(ctx, error.message, REFUSED)
        except (IntegrityError, DataError):
            raise  # a fault of ours
        except DatabaseError as error:  # down, no database, without our tables, or closed to this role
            self._end(ctx, f"The database refuses: {str(error.orig).strip().splitlines()[0]}", REFUSED)

    @staticmethod
    def _end(ctx: click.Context, line: str, code: int) -> None:
        click.echo(line, err=True)
        ctx.exit(code)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="frontdesk", prog_name="frontdesk")
def main() -> None:
    """Frontdesk: a CRM for service businesses that an AI assistant can run."""


for command in (demo, serve, worker, db, user, workspace, oauth, tools, settings, doctor):
    main.add_command(command)
