"""Plumbing: what the surroundings decide: BLAS threads, progress bars, output, Ctrl-C.

Environment variables are read here. ``NNLIB_PROGRESS=0`` switches progress bars off; pytest's own
variable does the same. ``OPENBLAS_NUM_THREADS``, ``MKL_NUM_THREADS``, ``OMP_NUM_THREADS``,
``BLIS_NUM_THREADS`` and ``VECLIB_MAXIMUM_THREADS``, if you set any of them, are respected.
"""

import _thread
import atexit
import builtins
import errno
import os
import signal
import sys
import threading
from contextlib import contextmanager, nullcontext, suppress

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
    n = check_count("n", n, at_most=1024)
    if not own_choice():
        set_threads(n)


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
    return nullcontext() if own_choice() else shared_limit(n)


LIMITS = []  # [threads] of each block in force, the newest last: several threads share one BLAS
BEFORE = []  # what the first of them found
LOCK = threading.Lock()


@contextmanager
def shared_limit(n):
    """Hold BLAS to n threads; at the end it is as it was for the blocks that began before.

    Blocks in several threads may overlap: the one that ends last must not give back what another
    had set. Where none began before, all ends give back what the first one found, the early ones
    too, since threadpoolctl may take orders from one thread only while that lives.
    """
    mine = [n]
    try:
        with LOCK:
            found = set_threads(n)
            if not LIMITS:
                BEFORE[:] = [found]
            LIMITS.append(mine)
        yield
    finally:
        with LOCK:
            for place in [k for k, limit in enumerate(LIMITS) if limit is mine]:
                del LIMITS[place]
                if place:
                    set_threads(LIMITS[place - 1][0])
                else:
                    BEFORE[0].restore_original_limits()


def set_threads(n):
    """Let BLAS use n threads; return what can give back how many there were."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(n, user_api="blas")


def own_choice():
    """Return True where an environment variable says how many threads BLAS is to use."""
    return any(os.environ.get(name) for name in THREAD_VARIABLES)


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


def prepare_output():
    """Let what a command line prints end in no traceback: letters as escapes, closed as no reader.

    Consoles with few letters (cp1252, ASCII) get escapes for the others. A stream that was closed
    (``>&-``, pythonw) is None in Python; a file that keeps nothing takes its place.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        else:
            with suppress(AttributeError, ValueError):  # a notebook's stream is no file
                stream.reconfigure(errors="backslashreplace")


def drop_output():
    """Let what is printed, and what is not yet written of it, go nowhere from here on."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def end_now(status):
    """End this process without taking Python down piece by piece.

    A Ctrl-C may have cut the import of a library half-way; what is left of that can crash Python
    then, after all is done and said.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


class Output:
    """What is printed while the ``with`` lasts: where it can't be written, the work goes on.

    Attributes
    ----------
    error : None, or what happened: the reader has gone, the disk is full; what is printed after
        that goes nowhere
    midline : whether the last line still lacks its end, as where Ctrl-C has cut it short
    """

    def __init__(self):
        self.stream, self.error, self.midline = sys.stdout, None, False

    def __enter__(self):
        sys.stdout = self
        return self

    def __exit__(self, *error):
        sys.stdout = self.stream
        if self.error is not None:  # what the stream still holds must go somewhere at the end
            drop_output()

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        """Write, unless there was an error before."""
        before, self.midline = self.midline, True  # rather an end too many than one too few
        self._try(self.stream.write, text)
        self.midline = not text.endswith("\n") if text else before
        return len(text)

    def flush(self):
        """Flush, unless there was an error before."""
        self._try(self.stream.flush)

    def _try(self, do, *arguments):
        if self.error is None:
            try:
                do(*arguments)
            except OSError as error:
                self.error = error


class CtrlC:
    """Ctrl-C, counted, while the ``with`` lasts: it raises once where it may, else only counts.

    Who ends a process of its own from outside (``kill``, a queue whose time is up, a terminal that
    is closed) can't be asked to wait: that counts as two at once.

    Attributes
    ----------
    presses : how often it came
    raised : how often it raised
    raises : whether the next one raises KeyboardInterrupt; set it inside the ``try`` that catches
        it, and nothing comes between
    status : what a process returns that it ended: 130, or 143 where it was ended from outside
    to_the_end : whether the process ends with the ``with``, so that a late one finds no traceback
    """

    def __init__(self, to_the_end=False):
        self.presses, self.raised, self.raises, self.status = 0, 0, False, 130
        self.to_the_end = to_the_end and not hasattr(builtins, "__IPYTHON__")  # as by %run

    def __enter__(self):
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as nohup leaves it
                self._before[signal.SIGINT] = signal.signal(signal.SIGINT, self._press)
            for name in ("SIGTERM", "SIGHUP") if self.to_the_end else ():
                number = getattr(signal, name, None)  # Windows has no SIGHUP
                if number and signal.getsignal(number) is signal.SIG_DFL:
                    self._before[number] = signal.signal(number, self._ended)
        self._hook, sys.unraisablehook = sys.unraisablehook, self._swallowed
        return self

    def __exit__(self, *error):
        self.raises, sys.unraisablehook = False, self._hook
        for number, handler in self._before.items():
            if self.to_the_end:
                atexit.register(signal.signal, number, signal.SIG_IGN)
            else:
                signal.signal(number, handler)

    @contextmanager
    def kept(self):
        """Let a Ctrl-C in this block be one, also where a library makes an error of its own of it.

        pandas calls the file damaged that it reads, an import a module missing; nobody else's is
        touched.
        """
        before = self.raised
        try:
            yield
        except Exception:
            if self.raised > before:
                raise KeyboardInterrupt from None
            raise

    def _swallowed(self, caught):
        """Raise it again a moment later, where it came inside what lets no exception out."""
        if caught.exc_type is not KeyboardInterrupt:
            self._hook(caught)
            return
        self.presses, self.raised, self.raises = self.presses - 1, self.raised - 1, True
        threading.Timer(0.05, _thread.interrupt_main).start()

    def _press(self, *_):
        self.presses += 1
        if self.raises:
            self.raises, self.raised = False, self.raised + 1
            raise KeyboardInterrupt

    def _ended(self, number, frame):
        self.presses, self.status = self.presses + 1, 128 + number
        self._press()
