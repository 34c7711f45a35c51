"""Plain numbers: histograms, sums, samples and the frequent ones among many."""
