"""What `make bench` runs: each module answers one question about speed or size, side by side in one run."""
