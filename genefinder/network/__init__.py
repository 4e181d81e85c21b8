"""The network: bases in, evidence for every label and site out."""
