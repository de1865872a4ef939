"""Tasks, their ticks and their runs."""
