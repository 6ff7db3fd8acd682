"""Apps that publish who they are at a URL of their own, which is their client id (Client ID Metadata Documents)."""

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import db
from models.base.constraints import insert_if_new
from models.oauth.block import Blocked, refuse_blocked
from models.oauth.client import Client
from models.oauth.client_metadata import ClientMetadata


def publish(client_id: str, said: ClientMetadata, by: Actor) -> Client:
    """The row of a published identity, brought up to what its document says now. Raises Blocked. Under `writing()`.

    Its host answers for the document, so what was allowed before goes on; people keep reading the name they saw.
    """
    refuse_blocked(client_id, said.redirect_uris)
    named = by.acting_as(client_id=client_id)
    client = db.session.get(Client, client_id)
    if client is None:
        first = {"id": client_id, "kind": "published", "created_at": clock.now(), "address": by.address, "token_format": "jwt"}
        row = {**first, **Client.facts_of(said, "published", client_id)}
        made = db.session.execute(insert_if_new(Client).values(**row).returning(Client.id)).scalar()
        if made is not None:
            audit_event.record_security("publish_client", "done", named)
        return db.session.get_one(Client, client_id)
    if not client.live:
        raise Blocked
    changed = client.describe(said)
    db.session.flush()
    if changed:
        audit_event.record_security("update_client", "done", named, {"changed": changed})
    return client
