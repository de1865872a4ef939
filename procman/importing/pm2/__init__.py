"""Ecosystem files of pm2."""
