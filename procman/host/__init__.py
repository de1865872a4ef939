"""Floor 2: the operating system. The only room that forks, signals, waits and opens terminals."""
