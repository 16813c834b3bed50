"""Ctrl-C at a random line of the command line's own code, once or twice: nothing is lost.

The whole count: ``NNLIB_INTERRUPTS="200 100" pytest tests/test_interrupts.py``; in processes of
their own and by the clock: ``python tests/interrupts.py 200 100``.
"""

import os
import random
import signal
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import interrupts
import matplotlib.pyplot as plt
import numpy as np
import pytest

import nnlib
from nnlib import __main__ as cli
from nnlib.plumbing import plots
from nnlib.plumbing.history import History

PACKAGE = str(Path(nnlib.__file__).parent)
SINGLES, DOUBLES = map(int, os.environ.get("NNLIB_INTERRUPTS", "40 20").split())


@pytest.fixture
def quick(monkeypatch):
    """Digits loaded once, and pictures that are written, but small: time goes into interrupts."""
    digits = nnlib.load_digits()
    monkeypatch.setattr(cli, "load_digits", lambda *a, **k: digits)
    for name in ("learning_curves", "predictions", "confusion"):
        monkeypatch.setattr(plots, name, lambda *a, **k: plt.figure(figsize=(1, 1)))
    monkeypatch.setattr(History, "interrupted_at", -np.inf)


def call(folder, monkeypatch, capfd, at=()):
    """Run the command line in this process; press Ctrl-C before its lines of these numbers."""
    left, count = list(at), 0

    def trace(frame, event, argument):
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            count += 1
            if left and count >= left[0]:
                left.pop(0)
                signal.raise_signal(signal.SIGINT)
        return trace

    def again(number, frame):
        """Trace on: an exception from a tracing function switches it off."""
        try:
            keys._press(number, frame)
        finally:
            sys.settrace(trace)

    class Traced(cli.CtrlC):
        def __enter__(self):
            nonlocal keys
            keys = super().__enter__()
            signal.signal(signal.SIGINT, again)
            sys.settrace(trace)
            return self

        def __exit__(self, *error):
            sys.settrace(None)
            super().__exit__(*error)

    keys = None
    monkeypatch.chdir(folder)
    monkeypatch.setattr(cli, "CtrlC", Traced)
    try:
        status = cli.main([*interrupts.OPTIONS, "--epochs", "2", "--hidden", "10"])
    finally:
        sys.settrace(None)
    sys.stdout.flush()
    plt.close("all")
    return count, interrupts.verdict(status, *capfd.readouterr(), Path(folder), 2)


@pytest.mark.skipif(sys.gettrace() is not None, reason="something traces already")
def test_ctrl_c_at_random_lines_once_or_twice_loses_nothing(quick, monkeypatch, capfd, tmp_path):
    assert threading.current_thread() is threading.main_thread()
    before, draw = signal.getsignal(signal.SIGINT), random.Random(0)
    (tmp_path / "whole").mkdir()
    lines, word = call(tmp_path / "whole", monkeypatch, capfd)
    assert word == "after its end" and lines > 5000, (lines, word)
    counts = Counter()
    for k in range(SINGLES + DOUBLES):
        monkeypatch.setattr(History, "interrupted_at", -np.inf)
        # half of them in the last lines, where files are written
        first = draw.randrange(1, lines) if k % 2 else lines - draw.randrange(900)
        at = [first] if k < SINGLES else [first, first + draw.randrange(1, 400)]
        with tempfile.TemporaryDirectory() as folder:
            _, word = call(folder, monkeypatch, capfd, at)
            monkeypatch.chdir(tmp_path)
        assert "LOST" not in word, (at, lines, word)
        counts[word] += 1
    assert signal.getsignal(signal.SIGINT) is before
    assert counts["stopped, its weights kept"] > 5
    assert counts["finished, pictures left out"] > 5, counts
    with capfd.disabled():
        print(f"\n{SINGLES} single and {DOUBLES} double interrupts: {dict(counts)}")
