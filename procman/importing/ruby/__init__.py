"""Schedules of Ruby's job runners."""
