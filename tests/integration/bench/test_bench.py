"""The benchmarks run; what they find is nobody's test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run_bench(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_quick_run_prints_its_figures_as_ratios():
    printed = run_bench("--quick", "ledger")
    assert "record + claim + settle" in printed
    assert "ratio" in printed


def test_every_benchmark_is_named_in_the_help():
    printed = run_bench("--help")
    for path in (ROOT / "bench").glob("*.py"):
        if "async def run(" in path.read_text(encoding="utf-8"):
            assert path.stem in printed
