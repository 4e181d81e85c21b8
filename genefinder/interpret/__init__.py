"""What a network has learnt: motifs, probes, novelty, gates, periodicity."""
