"""What teams carry; never by person."""
