"""supervisord.conf."""
