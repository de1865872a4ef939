"""What will run, decided before anything does."""
