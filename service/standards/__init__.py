"""What quality demands: standards, their versions and clauses."""
