"""Files of docker compose."""
