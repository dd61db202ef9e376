"""How even the service is."""
