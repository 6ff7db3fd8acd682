"""What is true: the tables, and every business rule as a verb on its noun."""
