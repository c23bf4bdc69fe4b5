"""The dialects of seven carriers: one module each, pure functions over tables of codes."""
