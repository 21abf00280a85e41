"""The feed of domain events, for other systems to follow."""
