"""Tools of the Customers capability."""
