"""Settings for the whole suite: how much the property tests try."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Deadlines would assert timings, and shared machines make every one of them flaky.
settings.register_profile("quick", max_examples=50, stateful_step_count=30, deadline=None)
settings.register_profile(
    "long",
    max_examples=1000,
    stateful_step_count=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("VECTIS_HYPOTHESIS", "quick"))
