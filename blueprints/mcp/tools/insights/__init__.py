"""Tools that report numbers."""
