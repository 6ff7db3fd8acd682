"""What was done, by whom, once."""
