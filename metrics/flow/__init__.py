"""How work moves between hands and queues."""
