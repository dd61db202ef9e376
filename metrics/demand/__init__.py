"""Why customers come, and come back."""
