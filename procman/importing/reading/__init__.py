"""How files of several kinds are read."""
