"""The proof that nothing acknowledged is lost and nothing is sold twice: ``python -m proof``, or ``make prove``.

Every proof comes with its negative control, a known-bad build or setting that it must catch: a proof whose control
goes unnoticed proves nothing and counts as failed. ``docs/proof.md`` says what each one does.
"""
