"""What do start-up, loading and a run cost? ``python tests/benchmarks/lean.py``

Each measurement is a Python process of its own: seconds (median of several) and peak memory.
This script imports nothing but the standard library, since a child would count its memory.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
RUNS = {  # name: (arguments of Python, needs full MNIST)
    "Python alone": (["-c", "pass"], False),
    "import numpy": (["-c", "import numpy"], False),
    "import nnlib": (["-c", "import nnlib"], False),
    "import pandas": (["-c", "import pandas"], False),
    "load 5,000 digits": (["-c", "import nnlib; nnlib.load_digits()"], False),
    "load full MNIST": (["-c", "import nnlib; nnlib.load_digits('mnist')"], True),
    "load full MNIST, float64": (
        ["-c", "import nnlib; nnlib.load_digits('mnist', dtype='float64')"], True,
    ),
    "python -m nnlib": (["-m", "nnlib"], False),
    "python -m nnlib, MNIST, 784-128-64-10, batch 32, 2 epochs": (
        ["-m", "nnlib", "--data", "mnist", "--hidden", "128", "64", "--batch-size", "32",
         "--epochs", "2"], True,
    ),
    "python -m nnlib, MNIST, 784-10-10, full batch, 20 steps": (
        ["-m", "nnlib", "--data", "mnist", "--epochs", "20"], True,
    ),
    "python -m nnlib, MNIST, 784-128-64-10, full batch, 3 steps": (
        ["-m", "nnlib", "--data", "mnist", "--hidden", "128", "64", "--epochs", "3"], True,
    ),
}  # fmt: skip


def run(arguments, folder):
    """Return seconds and peak memory in MB of one Python process."""
    environment = os.environ | {"NNLIB_PROGRESS": "0"}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.decode()}")
    return seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def have_mnist():
    """Ask a process of its own, so that this one stays small."""
    code = "import sys; from nnlib.plumbing.mnist import have_mnist; sys.exit(not have_mnist())"
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 times each instead of 7")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    times, rows, mnist = 3 if options.quick else 7, [], have_mnist()
    with tempfile.TemporaryDirectory() as folder:
        for name, (arguments, needs_mnist) in RUNS.items():
            if needs_mnist and not mnist:
                print(f"{name}: skipped, since full MNIST is neither in data/ nor NNLIB_DATA_DIR")
                continue
            found = [run(arguments, folder) for _ in range(3 if "-m" in arguments else times)]
            seconds = statistics.median(s for s, _ in found)
            memory = statistics.median(m for _, m in found)
            rows.append(dict(what=name, seconds=round(seconds, 3), peak_mb=round(memory)))
            print(f"{name}: {seconds:.2f} s, {memory:.0f} MB", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "lean.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
