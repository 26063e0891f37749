"""Benchmarks: ratios in one run against the floor and the peers of DESIGN section 11. Run: `python -m bench`."""
