"""What operations find hard, in their words."""
