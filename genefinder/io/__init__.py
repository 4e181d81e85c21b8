"""Readers and writers of the files that users give and get."""
