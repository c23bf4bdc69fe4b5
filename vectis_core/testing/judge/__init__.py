"""A judge that trusts only a log of calls and answers, and the public API of what it judges."""

from vectis_core.testing.judge.deliveries import judge_deliveries
from vectis_core.testing.judge.judge import judge
from vectis_core.testing.judge.violation import Violation

__all__ = ["Violation", "judge", "judge_deliveries"]
