"""Whether a person is qualified for a process: derived from evidence, never typed in."""
