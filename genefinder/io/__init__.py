"""Readers and writers of the files that users bring and take away."""
