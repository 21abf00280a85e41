"""Indicators per department and month, each with the records behind it and a signal beside it; and quality reports."""
