"""Semantic mutants of the product: known faults, each with the tests that find it. ``make mutants`` tries them all."""
