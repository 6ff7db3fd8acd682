"""The blueprint that the portal's account side hangs its routes on."""

from flask import Blueprint

bp = Blueprint("portal", __name__)
