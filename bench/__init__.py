"""Benchmarks, apart from the tests: ratios first, with the absolute times they come from."""
