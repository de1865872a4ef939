"""Supervisors of processes, which have no clock."""
