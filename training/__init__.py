"""Fits, judges and publishes models, and simulates worlds to judge them in. The top floor: imported by none."""
