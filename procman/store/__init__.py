"""Floor 2: the runs of an app, kept in a file: the only room that knows SQLite."""
