"""Real and generated sales to try the addon on, and the benchmarks."""
