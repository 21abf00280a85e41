"""What happened in a domain, told to the others: at once in the same transaction, and after commit by the worker."""
