"""Libraries in C that stand between an unmodified program and its files, and what builds them."""
