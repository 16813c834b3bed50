"""How long "Run All" takes, lesson by lesson, and how much memory its kernel needs.

``python tests/benchmarks/lessons.py``: executes every notebook in a kernel of its own, writes
nothing back, and prints the rows of the README's table. For an idle machine.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"


def measure(path):
    """Execute one notebook; return seconds, and the peak memory of its kernel in MB."""
    code = (
        "import resource, sys, nbclient, nbformat\n"
        "notebook = nbformat.read(sys.argv[1], 4)\n"
        "where = {'metadata': {'path': sys.argv[2]}}\n"
        "nbclient.NotebookClient(notebook, resources=where).execute()\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
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
    return time.perf_counter() - start, int(done.stdout.split()[-1]) / unit


if __name__ == "__main__":
    print(f"{'notebook':40} {'seconds':>8} {'MB':>6}")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        seconds, memory = measure(path)
        print(f"{path.stem:40} {seconds:8.1f} {memory:6.0f}", flush=True)
