"""A shop that tells endpoints of its events, by dispatchers in processes of their own."""
