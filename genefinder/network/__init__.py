"""The network: bases in, scores for every label and site out."""
