"""What every table stands on: the session, column types, ids, the tenant mixin, transactions and pages."""

from models.base.columns import Flag, Id, Instant, Json, Key, Words
from models.base.database import Base, db, enter, inside, workspace_entered
from models.base.guard import ACROSS, ReadAcrossWorkspaces
from models.base.ids import new_id, show
from models.base.page import Page, PageOrder
from models.base.tenant import InWorkspace, Tenant, belongs_to, tenant_key
from models.base.transactions import WriteOutsideWriting, is_busy, savepoint, writing, writing_aside, writing_here

__all__ = [
    "ACROSS",
    "Base",
    "Flag",
    "Id",
    "InWorkspace",
    "Instant",
    "Json",
    "Key",
    "Page",
    "PageOrder",
    "ReadAcrossWorkspaces",
    "Tenant",
    "Words",
    "WriteOutsideWriting",
    "belongs_to",
    "db",
    "enter",
    "inside",
    "is_busy",
    "new_id",
    "savepoint",
    "show",
    "tenant_key",
    "workspace_entered",
    "writing",
    "writing_aside",
    "writing_here",
]
