"""What happened: every change of a row, every read of personal data, sealed into a chain that can be verified."""
