"""What `retrace-train` does, by families of commands. Each imports the heavy libraries that it needs itself."""
