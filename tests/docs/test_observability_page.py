"""The page on observability: its tables are those of the code, its programs run, its alerts name series there are."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vectis_core.slow import SlowLog
from vectis_core.telemetry import BatchDone, Came, CommandDone
from vectis_prometheus import SERIES, series_table

PAGE = (Path(__file__).parents[2] / "docs" / "observability.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_the_table_of_the_series() -> None:
    """It is the one made from the code."""
    assert series_table() in PAGE


def test_the_programs_of_the_page_run(tmp_path: Path) -> None:
    """As they stand there, one after the other in one program."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks("python"))], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "shop.db").exists()


def test_the_alerts_name_series_that_there_are() -> None:
    """With labels and values that these have."""
    named = re.findall(r"(vectis_\w+)(?:\{(\w+)=~\"([\w|]+)\"\})?", " ".join(re.findall(r"expr: (.*)", PAGE)))
    series = {each.name: each for each in SERIES}

    assert len(named) == 3
    for name, label, values in named:
        if label:
            assert label in series[name].labels
            assert set(values.split("|")) <= set(re.findall(r"`(\w+)`", series[name].meaning))
        else:
            assert name in series


def test_the_example_of_a_slow_line_is_one(caplog: pytest.LogCaptureFixture) -> None:
    """A line of the log is what the page shows."""
    slow = CommandDone("PlaceOrder", "default", Came.DONE, None, 0.003)
    others = [CommandDone("ConfirmOrder", "default", Came.DONE, None, 0.0)] * 13
    with caplog.at_level(logging.WARNING, "vectis.slow"):
        SlowLog(1.0).batch_done(BatchDone((slow, *others), deciding=0.009, committing=1.192, ago=0))

    assert caplog.messages[0] in "".join(blocks("text"))
