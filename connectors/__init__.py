"""Connectors: what each tool's exports and API look like, and how they become the model."""
