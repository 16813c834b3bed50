"""Plumbing: what the surroundings decide: BLAS threads and progress bars.

Two environment variables are read here. ``NNLIB_PROGRESS=0`` switches progress bars off (the
tests set it). ``OPENBLAS_NUM_THREADS``, ``MKL_NUM_THREADS``, ``OMP_NUM_THREADS``,
``BLIS_NUM_THREADS`` and ``VECLIB_MAXIMUM_THREADS``, if you set any of them, are respected.
"""

import os
from contextlib import nullcontext

from nnlib.checks import check_count

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
LARGE_BATCH = 1024  # rows from which a second thread was measured to help


def limit_threads(n=1):
    """Let BLAS, the library behind ``@``, use at most `n` threads from here on.

    The products in a small network are too small to gain from a second thread. They lose by it
    when processors are shared: waiting threads spin, and two trainings that take a second each
    alone take a minute side by side. One thread each is the cure. If you have set
    ``OPENBLAS_NUM_THREADS`` or a like variable yourself, your choice stays and nothing changes.
    """
    check_count("n", n)
    thread_limit(n)


def threads_for(rows):
    """Return how many threads a training with `rows` images a step should use.

    One, for small batches. Large ones gain from more, so they get the processors that are idle at
    the moment, by the load average of the last minute: on a shared server that is one again.
    """
    if rows < LARGE_BATCH or not hasattr(os, "getloadavg"):
        return 1
    affinity = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    processors = len(affinity(0))
    return max(1, min(processors, round(processors - os.getloadavg()[0])))


def thread_limit(n=1):
    """Limit BLAS like `limit_threads`, but only until the end of the ``with`` that this opens."""
    if any(os.environ.get(name) for name in THREAD_VARIABLES):
        return nullcontext()
    from threadpoolctl import threadpool_limits

    return threadpool_limits(n, user_api="blas")


def progress_bars_off():
    """Return True where ``NNLIB_PROGRESS=0`` switches progress bars off."""
    return os.environ.get("NNLIB_PROGRESS", "1") == "0"
