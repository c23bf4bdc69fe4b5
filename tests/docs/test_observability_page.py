"""The page on observability: its tables are those of the code, its programs run, its alerts name series there are."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from vectis_cli.logs import logs_on_stderr
from vectis_core.slow import SlowLog
from vectis_core.telemetry import BatchDone, Came, CommandDone
from vectis_core.tenancy import Caller
from vectis_http import HttpRequest
from vectis_http.access_log import write
from vectis_http.progress import Progress
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


def test_the_lines_of_the_page_are_those_of_the_access_log() -> None:
    """Both formats show one record, as the command writes it, with the fields that the page names."""
    logger = logging.getLogger("vectis.http.access")
    head = HttpRequest("POST", "/api/orders", remote_address="192.0.2.1")
    caller = Caller(tenant="default", actor="cli_01kf", client="cli_01kf")
    progress = Progress("Zt6QmP0rYb3Xw9Kc1LsVnA-17", [], "/api/orders", caller)

    def written(form: str) -> str:
        runner = CliRunner()
        with runner.isolation() as (_, errors, _), logs_on_stderr("info", form):
            write(head, progress, status=201, size=812, seconds=0.003104)
            return errors.getvalue().decode()

    assert logger.level == logging.NOTSET
    [line] = [each for each in blocks("text") if "http.access" in each]
    assert written("text").partition(" INFO ")[2] == line.partition(" INFO ")[2]
    told, shown = json.loads(written("json")), json.loads(blocks("json")[0])
    assert {**told, "time": ""} == {**shown, "time": ""}
    for field in set(told) - {"level", "logger", "message", "time"}:
        assert f"`{field}`" in PAGE


def test_the_questions_of_the_page_are_answered(tmp_path: Path) -> None:
    """Each program for jq runs over lines as the page shows them, and finds what it is for."""
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    shown = json.loads(blocks("json")[0])
    other = {**shown, "status": 403, "request_id": "another", "duration_ms": 9.5}
    (tmp_path / "vectis.log").write_text(f"{json.dumps(shown)}\n{json.dumps(other)}\n")
    [programs] = blocks("sh")

    told = [
        subprocess.run(each, shell=True, cwd=tmp_path, capture_output=True, check=True, text=True).stdout  # noqa: S602
        for each in programs.splitlines()
    ]

    assert json.loads(told[0]) == [{"route": "/api/orders", "slowest": 9.5}]
    assert json.loads(told[1]) == shown
    assert told[2] == "cli_01kf\t192.0.2.1\t403\n"
