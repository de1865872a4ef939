"""circus.ini."""
