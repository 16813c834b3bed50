"""How long "Run All" takes, lesson by lesson, and how much memory its kernel needs.

``python tests/benchmarks/lessons.py``: executes every notebook in a kernel of its own, writes
nothing back, and prints the rows of the README's table. For an idle machine. What a kernel costs
in processor time and memory goes into results/lessons.csv, from which the teaching notebook
reckons what a room needs.
"""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
RESULTS = Path(__file__).resolve().parent / "results"


def measure(path):
    """Execute one notebook; return its seconds, those of the processor, and its peak in MB."""
    code = (
        "import resource, sys, nbclient, nbformat\n"
        "notebook = nbformat.read(sys.argv[1], 4)\n"
        "where = {'metadata': {'path': sys.argv[2]}}\n"
        "nbclient.NotebookClient(notebook, resources=where).execute()\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    command = [sys.executable, "-c", code, str(path), str(path.parent)]
    start = time.perf_counter()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NNLIB_PROGRESS": "0"},
    )
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes on macOS, KB on Linux
    *_, cpu, memory = done.stdout.split()
    return time.perf_counter() - start, float(cpu), int(memory) / unit


if __name__ == "__main__":
    rows = []
    print(f"{'notebook':40} {'seconds':>8} {'CPU':>6} {'MB':>6}")
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        seconds, cpu, memory = measure(path)
        print(f"{path.stem:40} {seconds:8.1f} {cpu:6.1f} {memory:6.0f}", flush=True)
        rows.append([path.stem, f"{cpu:.0f}", f"{memory:.0f}"])
    with open(RESULTS / "lessons.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [["notebook", "cpu_seconds", "peak_mb"], *rows]
        )
