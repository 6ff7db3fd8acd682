"""Words for what the models hold as codes."""

from flask_babel import lazy_gettext as _

ROLES = {"owner": _("Owner"), "manager": _("Manager"), "staff": _("Staff"), "viewer": _("Viewer")}

ROLE_SENTENCES = {
    "owner": _("Everything, the plan and the workspace itself too."),
    "manager": _("Everything but the plan, ownership and deleting the workspace."),
    "staff": _("Works with customers and bookings, and may connect apps."),
    "viewer": _("Sees everything and changes nothing."),
}

ACTOR_KINDS = {
    "user": _("People"),
    "app": _("Apps"),
    "api_key": _("API keys"),
    "public": _("Visitors"),
    "system": _("Frontdesk itself"),
    "webhook": _("Providers"),
}

STANDINGS = {
    "verified": _("Verified"),
    "published": _("Published"),
    "registered": _("Self-registered"),
    "created": _("Made in Settings → API"),
    "static": _("Set up by the operator"),
    "key": _("API key"),
}
"""How far an app's name can be believed."""

STANDING_SENTENCES = {
    "verified": _("Its identity is published by a host that the operator of this server trusts."),
    "published": _("It publishes its identity on its own website. Nobody here has checked it."),
    "registered": _("It registered itself under this name. Nobody has checked it."),
    "created": _("Somebody with the right to do so made it in Settings → API."),
    "static": _("The operator of this server set it up."),
    "key": _("A key made in Settings → API."),
}

SCOPES_IN_SHORT = {
    "mcp.read": _("See everything"),
    "mcp.write": _("Create and change"),
    "mcp.destructive": _("Cancel, refund, delete"),
    "crm.read": _("See customers and bookings"),
    "crm.write": _("Change customers and bookings"),
    "erp.read": _("See orders and totals"),
    "resources.read": _("Read guides"),
    "server.read": _("See connection settings"),
    "server.manage": _("Change connection settings"),
    "offline_access": _("Stay connected"),
}

WHY_ENDED = {
    "withdrawn": _("You or a manager revoked it"),
    "revoked": _("The app signed itself out"),
    "reuse": _("A spent token was presented again"),
    "code_reuse": _("A spent code was presented again"),
    "password": _("The password was changed"),
    "changed": _("The app described itself anew"),
}
