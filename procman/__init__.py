"""procman: Foreman and a scheduler in one command."""

__version__ = "0.1.0"
