"""Ctrl-C at any moment of ``python -m nnlib``: is what there was kept, and said?

``python tests/interrupts.py 200 100 50`` starts the command line 200 times in a process of its own
and presses Ctrl-C at a random moment, 100 times presses it twice, and 50 times ends the process
from outside, as ``kill`` does; it prints the counts. The suite does the same inside one process, a
few dozen times: test_interrupts.py.
"""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

import nnlib

OPTIONS = ("--batch-size", "50", "--epochs", "12", "--hidden", "24", "--save", "w.npz")
LAST = re.compile(r"test accuracy: [01]\.\d{4} \((\d+)/1000\)")


def verdict(status, out, err, folder, epochs=12, wanted=130):
    """Return what became of an interrupted call, in a word or two; "LOST: …" where it went wrong.

    Parameters
    ----------
    status, out, err : how it ended, what it printed
    folder : where it ran
    epochs : of the whole training
    wanted : the status of a call that was interrupted
    """
    if status == 128 - wanted and not out + err:  # by a signal, before Python listened to any
        return "before it began"
    lines = out.splitlines()
    finished = any(line.startswith(f"Epoch {epochs} ") for line in lines)
    begun = any(line.startswith("Epoch 0 ") for line in lines)
    if "Traceback" in err:
        early = "KeyboardInterrupt" in err and not out and not (folder / "figures").exists()
        return "before it began" if early else f"LOST: a traceback: {err!r}"
    if [p.name for p in folder.rglob(".nnlib.*")]:
        return "LOST: half a file was left behind"
    if not (folder / "w.npz").exists():
        if finished or begun:
            return "LOST: there are no weights"
        said = err.count("interrupted before there was anything to keep.") == 1
        return "before training" if said and status == wanted else f"LOST: {status}, {err!r}"
    params, activation = nnlib.load_params(folder / "w.npz")
    digits = nnlib.load_digits()
    right = int((nnlib.predict(params, digits.X_test, activation) == digits.y_test).sum())
    last = LAST.fullmatch(lines[-1])
    if not last or int(last[1]) != right:
        return f"LOST: {lines[-1]!r} is not the accuracy of the weights, {right}"
    pictures = sorted(p.name for p in (folder / "figures").glob("*.png"))
    if status == 0:
        return "after its end" if len(pictures) == 3 else "LOST: pictures without a word"
    if status != wanted or not (re.search(r"(?m)^Interrupted after", out) or "interrupted" in err):
        return f"LOST: status {status}, and it wasn't said: {err!r}"
    if finished and "Interrupted after" not in out:
        return "finished, pictures left out" if "left out" in err else "finished"
    return "stopped, its weights kept" if len(pictures) == 3 else "stopped, pictures left out"


def press(folder, first, second=None, number=signal.SIGINT):
    """Start the command line, press Ctrl-C after so many seconds, maybe again; return a verdict.

    Another signal than that of Ctrl-C may be sent as well, by its number.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "nnlib", *OPTIONS], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    for seconds in (first, second):
        if seconds is not None:
            time.sleep(seconds)
            if process.poll() is None:
                process.send_signal(number)
    out, err = process.communicate(timeout=120)
    return verdict(process.returncode, out, err, Path(folder), wanted=128 + number)


def length_of_a_call():
    """Return how many seconds a call takes that nobody interrupts."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "nnlib", *OPTIONS], cwd=folder, check=True,
                       capture_output=True)  # fmt: skip
        return time.perf_counter() - start


def main(singles, doubles, ends=0, seed=0):
    """Press, count and print; return 1 where something was lost."""
    draw, counts = random.Random(seed), {"single": Counter(), "double": Counter(), "end": Counter()}
    os.environ.pop("PYTHONUNBUFFERED", None)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
    whole = min(length_of_a_call() for _ in range(3))  # the first one reads files from the disk
    print(f"a call takes {whole:.1f} s")
    for kind, times in zip(counts, (singles, doubles, ends)):
        for _ in range(times):
            with tempfile.TemporaryDirectory() as folder:
                again = draw.uniform(0.0, 0.5) if kind == "double" else None
                number = signal.SIGTERM if kind == "end" else signal.SIGINT
                first = draw.uniform(0.05, 1.1 * whole)
                counts[kind][press(folder, first, again, number)] += 1
                print(".", end="", flush=True)
        print(f" {dict(counts[kind])}", flush=True)
    for kind, count in counts.items():
        print(f"{sum(count.values())} {kind}s:")
        for word, times in sorted(count.items()):
            print(f"  {times:4} {word}")
    return int(any("LOST" in word for count in counts.values() for word in count))


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(*(int(text) for text in sys.argv[1:] or ("200", "100"))))
