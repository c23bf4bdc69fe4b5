"""Power cuts: a disk that forgets what was not synced, and what is found on it when the power is back."""
