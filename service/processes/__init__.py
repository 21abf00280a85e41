"""How work is done: processes and their versions."""
