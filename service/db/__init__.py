"""The database: the server, the engines, what every row has, and how rows arrive."""
