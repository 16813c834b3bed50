"""What all tests share: no progress bars, no windows, and where full MNIST is looked for."""

import multiprocessing
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "notebooks"))  # where lessons find `experiments`
os.environ["NNLIB_PROGRESS"] = "0"  # the notebooks' kernels inherit it
matplotlib.use("Agg")
needs_rights = pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 0)() == 0,
    reason="root may write anywhere, and Windows's folders know no such right",
)
GENERATED = {}  # what was tried: how many made-up inputs; tests count there, the run's end tells
TABLE = []  # the calls of test_arguments' table
signal.signal(signal.SIGINT, signal.default_int_handler)  # some runners start with it ignored


def pytest_ignore_collect(collection_path, config):
    """Leave tests/browser alone unless asked for it: it needs Playwright and Chromium."""
    asked = [config.option.markexpr, *config.invocation_params.args]
    if collection_path.name == "browser" and not any("browser" in str(text) for text in asked):
        return True
    return None


def pytest_collection_finish(session):
    """Run all notebooks again in a process of their own: it takes a minute, beside the rest."""
    wanted = ("test_folded_answers_run_and_assert", "test_nothing_printed_hangs_on_the_last_bits")
    chosen = [i for i in session.items if getattr(i, "originalname", "") in wanted]
    if chosen and not session.config.option.collectonly:
        run = chosen[0].module.run_again
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        paths = sorted({item.callspec.params["notebook"] for item in chosen})
        session.config.reruns = {path.name: pool.submit(run, path) for path in paths}
        session.config.add_cleanup(lambda: pool.shutdown(cancel_futures=True))


def pytest_terminal_summary(terminalreporter):
    """Say how many inputs were made up, by whatever tests, and how many calls a table made."""
    if TABLE:
        terminalreporter.write_line(f"arguments from the table: {len(TABLE):,} calls")
    if GENERATED:
        parts = ", ".join(f"{name} {n:,}" for name, n in sorted(GENERATED.items()))
        total = f"{sum(GENERATED.values()):,}"
        terminalreporter.write_line(f"generated inputs: {total} ({parts})")


def not_deaf():
    """Let a new process hear what ends it, also where the tests run under nohup."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


HEARS = {} if os.name == "nt" else {"preexec_fn": not_deaf}  # for subprocess.Popen


@pytest.fixture(autouse=True)
def no_ctrl_c_so_far(monkeypatch):
    """A second Ctrl-C soon after another one ends everything: tests don't count each other's."""
    monkeypatch.setattr("nnlib.plumbing.history.History.interrupted_at", -np.inf)


@pytest.fixture(scope="session")
def digits():
    """The bundled digits."""
    import nnlib

    return nnlib.load_digits()


@pytest.fixture(scope="session")
def mnist():
    """Full MNIST, where this machine has it."""
    import nnlib
    from nnlib.plumbing.mnist import have_mnist

    if not have_mnist():
        pytest.skip("full MNIST is neither in data/ nor in NNLIB_DATA_DIR")
    return nnlib.load_digits("mnist")


def random_network(sizes, seed=0, dtype=np.float64):
    """Weights and biases, none of them zero: zeros can hide a wrong backward pass."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 0.7, (n_in, n_out)).astype(dtype), rng.normal(0, 0.5, n_out).astype(dtype))
        for n_in, n_out in zip(sizes[:-1], sizes[1:])
    ]


@pytest.fixture
def network():
    return random_network


@pytest.fixture
def small():
    """A network of unequal sizes, six images and their labels."""
    rng = np.random.default_rng(1)
    return random_network([7, 5, 3]), rng.random((6, 7)), np.array([0, 2, 1, 1, 0, 2])
