"""procman.yml, read with all its mistakes."""
