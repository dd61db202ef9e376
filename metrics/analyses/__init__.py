"""Questions whose answer is a table."""
