"""What stands beside a Procfile."""
