"""What a machine starts with, apart from systemd."""
