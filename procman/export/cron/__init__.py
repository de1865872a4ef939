"""Tasks by the clock of others."""
