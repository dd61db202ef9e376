"""How long customers wait."""
