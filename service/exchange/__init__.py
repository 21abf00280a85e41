"""Folders of tables, in and out."""
