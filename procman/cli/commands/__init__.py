"""One module a command; `start` is the composition root."""
