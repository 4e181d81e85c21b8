"""Annotation and sequence as training targets."""
