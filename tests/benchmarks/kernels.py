"""What does a student cost on a server? ``python tests/benchmarks/kernels.py``

1, 10 and 30 Jupyter kernels run the same lesson at once, from its first cell to its last: memory
and time of each, and how many failed. RSS counts what a kernel shares with others in full, PSS by
its share; the server needs the sum of the PSS (Linux only). Nothing is written into the notebook.
"""

import argparse
import asyncio
import csv
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).parent
MB = 2**20


class Kernel:
    """One kernel that runs a notebook; afterwards: seconds, peak memory, error."""

    def __init__(self, path, timeout):
        notebook = nbformat.read(path, as_version=4)
        resources = {"metadata": {"path": str(path.parent)}}
        self.client = NotebookClient(notebook, timeout=timeout, resources=resources)
        self.rss = self.pss = 0
        self.error, self.seconds, self.done = None, None, False

    async def run(self):
        start = time.perf_counter()
        try:
            await self.client.async_execute(stderr=subprocess.DEVNULL)  # the kernel's log
        except (CellExecutionError, RuntimeError, TimeoutError) as error:
            self.error = f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}"
        self.seconds, self.done = time.perf_counter() - start, True

    def look(self):
        """Look at the memory; return the PSS of now, in bytes."""
        pid = getattr(getattr(self.client.km, "provisioner", None), "pid", None)
        if self.done or pid is None:
            return 0
        try:
            info = psutil.Process(pid).memory_full_info()
        except psutil.Error:
            return 0
        pss = getattr(info, "pss", info.uss)
        self.rss, self.pss = max(self.rss, info.rss), max(self.pss, pss)
        return pss


async def run_at_once(n, path, timeout):
    """Run n kernels; return them and the largest sum of their memory."""
    kernels, total = [Kernel(path, timeout) for _ in range(n)], 0
    runs = [asyncio.create_task(kernel.run()) for kernel in kernels]
    while not all(run.done() for run in runs):
        total = max(total, sum(kernel.look() for kernel in kernels))
        await asyncio.sleep(0.5)
    await asyncio.gather(*runs)
    return kernels, total


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1 and 4 kernels")
    parser.add_argument("--kernels", nargs="+", type=int, default=[1, 10, 30])
    parser.add_argument("--notebook", type=Path,
                        default=HERE.parent.parent / "notebooks" / "05_training.ipynb")  # fmt: skip
    parser.add_argument("--timeout", type=int, default=600, help="seconds a cell may take")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the results")
    options = parser.parse_args()
    from nnlib.plumbing.environment import THREAD_VARIABLES

    for name in THREAD_VARIABLES:  # the lesson's own limit is what is tested
        os.environ.pop(name, None)
    os.environ["NNLIB_PROGRESS"] = "0"
    rows = []
    for n in [1, 4] if options.quick else options.kernels:
        start = time.perf_counter()
        kernels, total = asyncio.run(run_at_once(n, options.notebook.resolve(), options.timeout))
        failed = [kernel.error for kernel in kernels if kernel.error]
        seconds = [kernel.seconds for kernel in kernels]
        rows.append(dict(
            kernels=n, failed=len(failed), seconds_all=round(time.perf_counter() - start, 1),
            seconds_median=round(statistics.median(seconds), 1), seconds_max=round(max(seconds), 1),
            rss_median_mb=round(statistics.median(k.rss for k in kernels) / MB),
            pss_median_mb=round(statistics.median(k.pss for k in kernels) / MB),
            pss_max_mb=round(max(k.pss for k in kernels) / MB), pss_sum_mb=round(total / MB),
        ))  # fmt: skip
        print(", ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
        for error in sorted(set(failed)):
            print(f"    {failed.count(error)} ×: {error}")
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "kernels.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 1 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
