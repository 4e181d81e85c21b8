"""Model directories: what a model consists of, and where models are found."""
