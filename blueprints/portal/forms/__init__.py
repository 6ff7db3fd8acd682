"""Forms of the portal, one file a noun; their limits are quoted from the models."""
