"""The statistics of a genome: codon usage, introns and sites, apart from any network."""
