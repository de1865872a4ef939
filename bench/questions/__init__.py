"""One module a question, each with a QUESTION and runnable alone."""
