"""The one table: what was proved, how much of it, what came of it, and whether the control was caught."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from proof.programme import Finding, Proof


@attrs.frozen
class Row:
    """A proof with what its run and its control came to."""

    proof: Proof
    run: Finding
    control: Finding
    #: Seconds that both took.
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing was found, and the control was."""
        return not self.run.violations and not self.run.broke and bool(self.control.violations)


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown."""
    lines = ["| # | test | size | result | negative control | s |", "|---|---|---|---|---|---|"]
    lines += [_line(row) for row in rows]
    return "\n".join(lines)


def programme(proofs: Sequence[Proof]) -> str:
    """Return what is proved and what each control is, in Markdown, for the document."""
    lines = ["| # | test | rule | negative control |", "|---|---|---|---|"]
    lines += [f"| {each.number} | {each.name} | {each.rule} | {each.bad} |" for each in proofs]
    return "\n".join(lines)


def _line(row: Row) -> str:
    run, control = row.run, row.control
    found = f"**{len(run.violations)} violations**" if run.violations else "**broke**" if run.broke else "holds"
    caught = f"caught: {len(control.violations)} violations" if control.violations else "**not caught**"
    cells = [
        str(row.proof.number),
        row.proof.name,
        run.size,
        _joined(found, run.figures),
        _joined(f"{row.proof.bad}: {caught}", control.figures),
        f"{row.seconds:.0f}",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _joined(found: str, figures: str) -> str:
    return f"{found}; {figures}" if figures else found
