"""You said, we did: what became of what was reported."""
