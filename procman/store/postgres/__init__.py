"""The store in PostgreSQL, for several hosts."""
