"""What people do about their own training: read what changed, answer what is asked, say that they took a course."""
