"""Other tools' files read as a Procfile and a procman.yml: a module for each kind of file."""
