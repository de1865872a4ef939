"""Measures procman beside its peers: `python -m bench` asks every question of bench/questions/."""
