"""How much do trainings slow each other down? ``python tests/benchmarks/contention.py``

1, 2, 4 and 8 processes train 784-128-64-10 at once, batch 32, each for the same few seconds, and
the steps of all are counted: once with the limit that `nnlib.train` and the lessons' first cells
set (one thread each), once with what BLAS does by default (as many threads as there are cores).
The second can be fifty times slower, so the clock ends it, not the number of steps.
"""

import argparse
import csv
import multiprocessing
import os
import statistics
import sys
import time
from contextlib import nullcontext
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
LIMITED, DEFAULT = "one thread each (nnlib)", "BLAS's default threads"


def train_for(seconds, mode, seed, barrier, steps):
    """Train, in a process of its own, for some seconds; put the number of steps into a queue."""
    import numpy as np

    import nnlib
    from nnlib.plumbing.environment import thread_limit

    rng = np.random.default_rng(seed)
    X, y = rng.random((10_000, 784), np.float32), rng.integers(0, 10, 10_000)
    params = nnlib.init_params([784, 128, 64, 10], dtype=np.float32)
    with thread_limit() if mode == LIMITED else nullcontext():
        for rows in nnlib.batches(320, 32, rng):  # the first steps wake the threads up
            nnlib.backward(params, nnlib.forward(params, X[rows]), y[rows])
        barrier.wait()
        end, n = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            for rows in nnlib.batches(len(X), 32, rng):
                grads = nnlib.backward(params, nnlib.forward(params, X[rows]), y[rows])
                nnlib.update(params, grads, 0.01)
                n += 1
                if time.perf_counter() >= end:
                    break
    steps.put(n)


def throughput(n, mode, seconds):
    """Return the steps a second of n trainings at once, all together."""
    context = multiprocessing.get_context("spawn")
    barrier, steps = context.Barrier(n), context.Queue()
    processes = [
        context.Process(target=train_for, args=(seconds, mode, k, barrier, steps)) for k in range(n)
    ]
    for process in processes:
        process.start()
    total = sum(steps.get(timeout=120 + 10 * seconds) for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def draw(rows, path):
    """Draw the throughput over the number of trainings."""
    import matplotlib

    matplotlib.use("Agg")
    from nnlib.plumbing import plots

    figure, ax = plots.new_figure()
    for k, mode in enumerate((LIMITED, DEFAULT)):
        mine = [row for row in rows if row["mode"] == mode]
        at, values = [row["trainings"] for row in mine], [row["steps_per_second"] for row in mine]
        ax.plot(at, values, label=mode, **plots.style(k) | {"markersize": 7})
        for x, value in zip(at, values):
            ax.annotate(f"{value:,.0f}", (x, value), (0, 7 - 21 * k), textcoords="offset points",
                        ha="center", fontsize=8)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="trainings at once",
           ylabel="steps a second, all together",
           title=f"784-128-64-10, batch 32, {os.cpu_count()} cores")  # fmt: skip
    ax.set_xticks(sorted({row["trainings"] for row in rows}))
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.minorticks_off()
    ax.margins(y=0.2)
    ax.legend()
    ax.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round of 2 seconds")
    parser.add_argument("--trainings", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="medians of so many (default: 3)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 2, 1
    from nnlib.plumbing.environment import THREAD_VARIABLES

    for name in THREAD_VARIABLES:  # a choice made outside would be respected: none here
        os.environ.pop(name, None)
    found = {(mode, n): [] for mode in (LIMITED, DEFAULT) for n in options.trainings}
    for _ in range(options.rounds):
        for mode, n in found:
            found[mode, n].append(throughput(n, mode, options.seconds))
    rows = []
    for (mode, n), values in found.items():
        alone = statistics.median(found[mode, options.trainings[0]]) / options.trainings[0]
        total = statistics.median(values)
        share = total / (alone * (min(n, os.cpu_count()) if mode == LIMITED else 1))
        rows.append(dict(mode=mode, trainings=n, steps_per_second=round(total),
                         times_one_alone=round(total / alone, 3),
                         share_of_the_cores=round(share, 3)))  # fmt: skip
        print(f"{mode:26} {n} at once: {total:8,.0f} steps/s in all, {total / alone:5.2f} times "
              f"one alone, {share:4.0%} of what the cores can do")  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "contention.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, options.out / "contention.png")


if __name__ == "__main__":
    sys.exit(main())
