"""Floor 2: where lines go."""
