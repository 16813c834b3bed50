"""Run the tests of the mathematics against several copies of nnlib, two at a time.

``python tests/mutants.py FOLDER …``: each folder holds a package ``nnlib``. What the slow imports
cost is paid once: every copy is tested in a fork of this process. Writes FOLDER/output.txt and
FOLDER/status.txt, pytest's exit status.
"""

import os
import sys
import traceback
from pathlib import Path

# isort: off
import numpy  # noqa: F401
import pandas  # noqa: F401
import pytest
import scipy.special  # noqa: F401
import sklearn.metrics  # noqa: F401
import sklearn.preprocessing  # noqa: F401
import threadpoolctl  # noqa: F401

TESTS = Path(__file__).parent
SUITE = (
    "backprop", "loss", "network", "training", "data", "history", "evaluation", "autograd",
)  # fmt: skip
AT_ONCE = 2


def test(folder):
    """Run the suite against the copy in `folder`; return pytest's exit status. For a fork only."""
    os.dup2(os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(1, 2)
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = str(folder)
    sys.dont_write_bytecode = True
    files = [str(TESTS / f"test_{name}.py") for name in SUITE]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", "-o", "addopts="]
    return pytest.main([*options, "--rootdir", str(TESTS.parent), "-k", "not full_mnist", *files])


def leave(function, *arguments):
    """Call a function in a fork, write out all that it printed, and end the fork.

    os._exit skips what Python does at an end. A stream that is a file is written block by block,
    so without the flush its last lines, which hold the verdict, would be lost.
    """
    status = 70  # of a fork that broke, which no pytest returns
    try:
        status = int(function(*arguments))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait():
    """Wait for one fork and note its status."""
    pid, status = os.wait()
    (running.pop(pid) / "status.txt").write_text(
        str(os.waitstatus_to_exitcode(status)), encoding="utf-8"
    )


running = {}
for name in sys.argv[1:]:
    if len(running) == AT_ONCE:
        wait()
    sys.stdout.flush()  # what is unwritten at a fork is written twice
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        leave(test, Path(name))
    running[pid] = Path(name)
while running:
    wait()
