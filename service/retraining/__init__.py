"""Plans: who is to be retrained in what, by whom decided, and what became of it."""
