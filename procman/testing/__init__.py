"""Stand-ins for the world, and a store without a file."""
