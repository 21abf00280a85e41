"""What can be learned, who must have learned it, and who did: courses, requirements, training records, surveys."""
