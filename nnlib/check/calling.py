"""Calling a reader's code: whatever it does, the check goes on.

It may raise, loop for ever, print, change its arguments, return anything. What it gets are copies.
"""

import dis
import inspect
import random
import signal
import sys
import threading
import time
import warnings
from contextlib import contextmanager, redirect_stdout

import numpy as np

SECONDS = 5.0  # a reader's function may run, all calls of one check together
LETTERS = 2000  # so many of what a function prints are shown
IDLE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "POP_TOP", "CACHE"}


class TooLong(BaseException):
    """Raised in code that runs longer than it may; no `except Exception` holds it."""


@contextmanager
def limited(seconds):
    """Raise TooLong in the block after so many seconds.

    Only where the platform can interrupt: in the main thread, and not on Windows. Elsewhere an
    endless loop stays one, and the kernel's Stop button ends it.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return
    running = True

    def ring(number, frame):
        if running:
            raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    start = time.monotonic()
    # it rings again and again, since a bare `except:` in the code may have held the first one
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
        if left:  # somebody else's alarm goes on
            left = max(left - (time.monotonic() - start), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


class Cut:
    """A stream that passes on the first letters, and says once that it was cut."""

    def __init__(self, stream, letters):
        self.stream, self.left = stream, letters

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        """Pass on what there is still room for."""
        if self.left >= 0:
            more = len(text) > self.left
            self.stream.write(text[: self.left] + ("\n… (cut)\n" if more else ""))
            self.left = -1 if more else self.left - len(text)
        return len(text)


@contextmanager
def undisturbed():
    """Keep warnings quiet and prints short, and leave global random numbers as they were."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    shown = redirect_stdout(Cut(sys.stdout, LETTERS))
    with shown, np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)


def is_stub(function):
    """Return True where a function's body is empty: `...`, `pass`, a docstring, `return None`."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    steps = list(dis.get_instructions(code))
    loaded = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in IDLE for step in steps) and all(
        value is None or value is ... for value in loaded
    )


def is_open(value):
    """Return True where a value is still a stub's: None, `...`, or a collection of these."""
    if isinstance(value, np.ndarray):
        return value.dtype == object and value.size > 0 and all(is_open(v) for v in value.flat)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(v is ... or is_open(v) for v in value)
    return value is None or value is ...


def name_of(function):
    """Return what a reader called a function, or "" where it has no name."""
    try:
        name = function.__name__
        return name if isinstance(name, str) and name.isidentifier() and len(name) < 40 else ""
    except BaseException:  # an object that raises whatever is asked of it
        return ""


def takes(function, most):
    """Return how few and how many of `most` positional arguments a function takes."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some of NumPy's own don't say
        return 0, most
    named = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = sum(p.default is p.empty for p in named)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return least, max(most, least)
    return least, len(named)


def in_words(error, function=None):
    """Return an exception as a short line: its type, its message, and where it was raised."""
    try:
        text = " ".join(str(error).split())
    except BaseException:  # its own __str__ raises
        text = ""
    if isinstance(error, KeyError):
        text = f"there is no {text}"
    text = text.rstrip(".")
    text = text[:160] + ("…" if len(text) > 160 else "")
    return f"{type(error).__name__}" + (f" ({text})" if text else "") + line_of(error, function)


def line_of(error, function):
    """Return ", in line 3" for the reader's own line that raised, where it can be told."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    line, step = None, error.__traceback__
    while file and step:
        if step.tb_frame.f_code.co_filename == file:
            line = step.tb_lineno
        step = step.tb_next
    return f", in line {line}" if line else ""
