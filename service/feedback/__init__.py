"""What users say of Retrace itself, with an answer and a state."""
