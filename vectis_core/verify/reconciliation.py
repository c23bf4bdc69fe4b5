"""Compares two large bookkeepings in constant memory, and names the accounts in which they differ.

Two sources that tell the same facts in different orders (the ledger by stock record, reservations by order)
cannot be joined without holding one of them. They need not be: each posts amounts to accounts, one side
positive and the other negative, so every account must end at zero. The amounts are summed in a fixed number
of buckets, each weighted by the account's hash; a bucket that ends at zero holds, but for a chance of about
1 in 2**50, only accounts that did. Where a bucket does not, both sources are read once more, and the
accounts in such buckets are kept one by one. So memory grows with what is wrong, not with what there is.
"""

from __future__ import annotations

from collections.abc import Iterator

Account = tuple[str, ...]

_BITS = 12
_MASK = (1 << _BITS) - 1


class Reconciliation:
    """Accounts that must all come to zero."""

    def __init__(self) -> None:
        self._sums = [0] * (1 << _BITS)
        self._suspects: frozenset[int] | None = None
        self._accounts: dict[Account, int] = {}

    def post(self, account: Account, amount: int) -> None:
        """Add *amount* to *account*."""
        digest = hash(account)
        bucket = digest & _MASK
        if self._suspects is None:
            self._sums[bucket] += amount * (digest >> _BITS | 1)
        elif bucket in self._suspects:
            self._accounts[account] = self._accounts.get(account, 0) + amount

    def balanced(self) -> bool:
        """Return whether every account came to zero."""
        return not any(self._sums)

    def name_differences(self) -> None:
        """Make ready for a second reading of the same facts, after which ``differences`` names accounts."""
        self._suspects = frozenset(bucket for bucket, amount in enumerate(self._sums) if amount)

    def differences(self) -> Iterator[tuple[Account, int]]:
        """Return the accounts that did not come to zero, and what is left in each."""
        return ((account, amount) for account, amount in sorted(self._accounts.items()) if amount)
