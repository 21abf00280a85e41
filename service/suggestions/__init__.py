"""What a model proposes, and what a named person decided."""
