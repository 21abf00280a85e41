"""What was done: batches, their inputs, and work records."""
