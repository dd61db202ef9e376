"""The DuckDB files: what is in them, how they change, and what the numbers derived from them rest on."""
