"""What is each rung of lab 12's ladder worth? ``python tests/benchmarks/ladder.py``

The steps that are timed are the lab's own: cells tagged `rung` are taken from the notebook and run.
All take turns in one process on full MNIST (or random arrays of its shape), on one core that is
theirs alone, or on two where two threads are the question. Beside them: what the parts of a step
take, timed alone, and how fast products of several shapes are. Results go to
notebooks/results/speed.csv, which the lab reads, with the peers' rows of results/training.csv and
what two trainings do to each other, from results/contention.csv.
"""

import argparse
import csv
import json
import math
import os
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LAB = ROOT / "notebooks" / "12_how_fast_it_goes.ipynb"
SIZES, BATCH = [784, 128, 64, 10], 32
RUNGS = [  # name, function on the page, dtype, threads, images a turn
    ("loops", "step_in_loops", "float64", 1, 32),
    ("one image at a time", "step_one_by_one", "float64", 2, 640),
    ("batches", "step_in_batches", "float64", 2, 6400),
    ("float32", "step_in_batches", "float32", 2, 6400),
    ("one thread", "step_in_batches", "float32", 1, 6400),
    ("no needless arrays", "step_without_copies", "float32", 1, 6400),
    ("fused", "sgd_step", "float32", 1, 6400),
]


def functions_of_the_lab():
    """Run the lab's cells tagged `rung`, with what they import; return their names."""
    import nnlib
    from nnlib.labs.speed import sgd_step, slopes

    names = {"math": math, "np": np, "nnlib": nnlib, "sgd_step": sgd_step, "slopes": slopes}
    names |= {name: getattr(nnlib, name) for name in ("forward", "backward", "update")}
    for cell in json.loads(LAB.read_text(encoding="utf-8"))["cells"]:
        if "rung" in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]), names)
    return names


def take_turns(runs, turns):
    """Call the functions in turns, in a new order each time; return the median seconds of each."""
    rng, seconds = np.random.default_rng(0), {name: [] for name in runs}
    for _ in range(turns):
        for k in rng.permutation(len(runs)):
            name = list(runs)[k]
            start = time.perf_counter()
            runs[name]()
            seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(found)) for name, found in seconds.items()}


def run_rung(step, params, digits, batches, threads):
    """Train on a few batches with one rung's step."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        for rows in batches:
            step(params, digits.X_train[rows], digits.y_train[rows], 0.01)


def measure_rungs(turns):
    """Return seconds an image of every rung."""
    import nnlib

    names, runs = functions_of_the_lab(), {}
    digits = {t: load(t) for t in ("float64", "float32")}
    batches = list(nnlib.batches(55_000, BATCH, np.random.default_rng(0)))
    for name, function, dtype, threads, images in RUNGS:
        params = nnlib.init_params(SIZES, dtype=np.dtype(dtype))
        part = batches[: images // BATCH]
        runs[name] = partial(run_rung, names[function], params, digits[dtype], part, threads)
        runs[name]()
    loops = runs.pop("loops")
    found = {"loops": min(take_turns({"loops": loops}, 1).values())} | take_turns(runs, turns)
    return {name: found[name] / images for name, *_, images in RUNGS}


def measure_parts(turns):
    """Return seconds of the parts of a step, timed alone, of the page's step and the fused one."""
    import nnlib
    from nnlib.labs.speed import add_product, sgd_step, slopes

    digits = load("float32")
    X, y = digits.X_train, digits.y_train
    params = nnlib.init_params(SIZES, dtype=np.float32)
    batches = list(nnlib.batches(len(X), BATCH, np.random.default_rng(0)))[:200]
    few, labels = X[batches[0]].copy(), y[batches[0]]
    A, (_, dZ) = nnlib.forward(params, few), slopes(params, few, labels)
    grads = nnlib.backward(params, A, labels)
    copies = [(W.copy(), b.copy()) for W, b in params]

    def products(with_gradients=True):
        for (W, _), a in zip(params, A):
            a @ W
        for (W, _), slope in zip(params[:0:-1], dZ[::-1]):
            slope @ W.T
        for a, slope in zip(A, dZ) if with_gradients else ():
            a.T @ slope

    def fused_products():
        products(with_gradients=False)
        for (W, _), a, slope in zip(copies, A, dZ):
            add_product(W, a, slope, -1e-9)

    def page_step(rows):
        images = X[rows]
        grads = nnlib.backward(params, nnlib.forward(params, images), y[rows])
        nnlib.update(params, grads, 1e-9)

    def repeat(function):
        return partial(lambda f: [f() for _ in batches], function)

    alone = take_turns(
        {
            "images of the batch": lambda: [X[rows] for rows in batches],
            "products, page": repeat(products),
            "products, fused": repeat(fused_products),
            "new weights, page": repeat(lambda: nnlib.update(copies, grads, 1e-9)),
            "whole, page": lambda: [page_step(rows) for rows in batches],
            "whole, fused": lambda: [sgd_step(params, X[r], y[r], 1e-9) for r in batches],
        },
        turns,
    )
    return {name: seconds / len(batches) for name, seconds in alone.items()}


def multiply(A, W, out, times):
    """Multiply two matrices so many times."""
    for _ in range(times):
        np.matmul(A, W, out=out)


def measure_products(turns):
    """Return operations a second of products of two shapes, over the number of rows."""
    rng, runs, work = np.random.default_rng(0), {}, {}
    for n, k in ((784, 128), (8192, 8192)):
        W = rng.random((n, k), np.float32)
        for m in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
            A, C = rng.random((m, n), np.float32), np.empty((m, k), np.float32)
            times = max(1, int(2e8 / (2 * m * n * k)))
            runs[f"{n} to {k}", m] = partial(multiply, A, W, C, times)
            work[f"{n} to {k}", m] = 2 * m * n * k * times
    for run in runs.values():
        run()
    return {key: work[key] / seconds for key, seconds in take_turns(runs, turns).items()}


def measure_limits(turns):
    """Return the most operations and the most bytes a second that one core was seen to do."""
    rng = np.random.default_rng(0)
    A, C = rng.random((2048, 2048), np.float32), np.empty((2048, 2048), np.float32)
    W, x = rng.random((8192, 8192), np.float32), rng.random(8192, np.float32)
    found = take_turns({"peak": lambda: np.matmul(A, A, out=C), "read": lambda: W @ x}, turns)
    return {"operations": 2 * 2048**3 / found["peak"], "bytes": W.nbytes / found["read"]}


def load(dtype):
    """Return full MNIST, or random arrays of its shape."""
    sys.path.insert(0, str(HERE))
    from measuring import load as load_any

    return load_any(np.dtype(dtype))


def rows_of_peers():
    """Return the peers' ratios of single steps, one thread, from the benchmark's results."""
    path = HERE / "results" / "training.csv"
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["section"] == "steps"]
    rows = [row for row in rows if row["threads"] == "1" and row["batch"] in ("32", "128")]
    return [
        ("peer", row["peer"], f"{row['net']}, {row['dtype']}", row["batch"], float(row["ratio"]))
        for row in rows
        if row["peer"] != "floor"
    ]


def rows_of_neighbours():
    """Return the steps a second of several trainings at once, from the benchmark's results."""
    with open(HERE / "results" / "contention.csv", newline="", encoding="utf-8") as file:
        return [
            ("neighbours", row["mode"], "", row["trainings"], float(row["steps_per_second"]))
            for row in csv.DictReader(file)
        ]


def main():
    """Measure everything and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=9, help="medians of so many (default: 9)")
    parser.add_argument("--out", type=Path, default=ROOT / "notebooks" / "results")
    options = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.pop(name, None)
    from threadpoolctl import threadpool_limits

    rows = [("rung", n, "", BATCH, s) for n, s in measure_rungs(options.turns).items()]
    with threadpool_limits(1):
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
        rows += [("part", n, "", BATCH, s) for n, s in measure_parts(options.turns).items()]
        rows += [("product", n, "", m, s) for (n, m), s in measure_products(options.turns).items()]
        rows += [("limit", n, "", "", s) for n, s in measure_limits(options.turns).items()]
    rows += rows_of_peers() + rows_of_neighbours()
    from measuring import about

    machine = about()
    rows.append(("machine", f"{machine['processor']}, {machine['cores']} cores", "", "", 0))
    with open(options.out / "speed.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["section", "name", "what", "m", "value"])
        writer.writerows([*row[:4], f"{row[4]:.6g}"] for row in rows)
    for section, name, what, m, value in rows:
        print(f"{section:10} {name:26} {what:24} {m!s:>4} {value:.4g}")


if __name__ == "__main__":
    sys.exit(main())
