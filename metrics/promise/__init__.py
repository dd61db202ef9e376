"""What was promised and kept."""
