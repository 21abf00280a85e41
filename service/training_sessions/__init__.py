"""Training sessions: when and where a course is held, who has a seat, who was there and how it went."""
