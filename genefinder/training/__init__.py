"""Training a network through the gene grammar."""
