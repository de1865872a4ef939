"""Files of process-compose."""
