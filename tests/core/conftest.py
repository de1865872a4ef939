"""The same examples on every machine and in every run, and no judgement of how fast that machine is."""

from hypothesis import settings

settings.register_profile("core", derandomize=True, deadline=None, max_examples=25, database=None)
settings.load_profile("core")
