"""Plumbing: what the surroundings decide: BLAS threads, progress bars, who reads our output.

Environment variables are read here. ``NNLIB_PROGRESS=0`` switches progress bars off; pytest's own
variable does the same. ``OPENBLAS_NUM_THREADS``, ``MKL_NUM_THREADS``, ``OMP_NUM_THREADS``,
``BLIS_NUM_THREADS`` and ``VECLIB_MAXIMUM_THREADS``, if you set any of them, are respected.
"""

import errno
import os
from contextlib import nullcontext

from nnlib.plumbing.arguments import check_count

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
WIDTH = 72  # letters in a line that we print: a page of paper, or a small window, has room for it
LARGE_STEP = 2e8  # multiplications: all of MNIST through ten units, or 2,000 images through 128


def limit_threads(n=1):
    """Let BLAS, the library behind ``@``, use at most `n` threads from here on.

    The products in a small network are too small to gain from a second thread. They lose by it
    when processors are shared: waiting threads spin, and two trainings that take a second each
    alone take a minute side by side. One thread each is the cure. If you have set
    ``OPENBLAS_NUM_THREADS`` or a like variable yourself, your choice stays and nothing changes.
    On a Mac, NumPy may use Apple's Accelerate, which decides for itself and takes no limit.
    """
    check_count("n", n)
    thread_limit(n)


def threads_for(work):
    """Return how many threads a training should use whose steps take `work` multiplications.

    One, as a rule. Only very large steps gain from more, so they get the processors that are idle
    at the moment, by the load average of the last minute; but never more than `limit_threads` has
    left, and at most four.
    """
    if work < LARGE_STEP or not hasattr(os, "getloadavg"):
        return 1
    from joblib import cpu_count  # knows what a container or a queue grants this process
    from threadpoolctl import threadpool_info

    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    idle = round(cpu_count() - os.getloadavg()[0])
    return max(1, min(max(pools, default=1), idle, 4))


def thread_limit(n=1):
    """Limit BLAS like `limit_threads`, but only until the end of the ``with`` that this opens."""
    if any(os.environ.get(name) for name in THREAD_VARIABLES):
        return nullcontext()
    from threadpoolctl import threadpool_limits

    return threadpool_limits(n, user_api="blas")


def progress_bars_off():
    """Return True where ``NNLIB_PROGRESS=0`` switches progress bars off, or pytest runs us."""
    wanted = "0" if "PYTEST_VERSION" in os.environ else "1"  # a page under test must not flicker
    return os.environ.get("NNLIB_PROGRESS", wanted) == "0"


def reader_gone(error):
    """Return True where the reader of our output has gone, as in ``… | head``.

    Windows has no EPIPE: a write to a closed pipe is an invalid argument there, with no file named.
    """
    windows = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or (windows and os.name == "nt")
