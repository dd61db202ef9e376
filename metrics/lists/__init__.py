"""Lists that are no metric and no analysis: the tickets behind a number or a mark, and what a snapshot holds."""
