"""Floor 5: the commands, one module each."""
