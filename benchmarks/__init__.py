"""Measurements beside comparators, in one run on one machine: ``python -m benchmarks [--quick]``."""
