"""What the numbers say: segments, figures, daily totals."""
