"""Models of genomes without annotation."""
