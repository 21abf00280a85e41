"""What was looked at and found: inspections and findings."""
