"""Alembic's home: one dated file a change under versions/, never edited once landed."""
