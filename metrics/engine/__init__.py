"""What turns a metric's file, a scope and dimensions into one query."""
