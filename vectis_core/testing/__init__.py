"""See the architecture page."""
