"""Floor 3: takes what happened, asks core what follows, has it done."""
