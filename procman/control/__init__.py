"""Floor 4: what talks to a running procman from outside."""
