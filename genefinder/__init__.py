"""Find protein-coding genes in genomes with a neural network and a gene grammar."""

__version__ = "0.1.0"
