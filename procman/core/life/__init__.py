"""The lives of processes, as tables."""
