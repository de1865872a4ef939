"""Floor 1: decisions. No clock, no file, no process, no terminal: values in, values out."""
