"""Forms of the CRM, one file a noun; their limits are quoted from the models."""
