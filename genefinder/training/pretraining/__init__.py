"""Pretraining: predicting the next base of genomes that nobody annotated."""
