"""Tests of decisions: values in, values out, without event loop, clock, file or sleep."""
