"""Benchmark of training: what is timed, section by section, all peers in turns in one process."""

import os
import platform
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from peers import LOOPS, MAKERS, RATE, nnlib_loop

import nnlib
from nnlib.plumbing.mnist import have_mnist
from nnlib.plumbing.sources import Digits

NETS = ("784-10-10", "784-128-64-10", "784-800-10")
BATCHES = (1, 32, 128, 1024, None)  # None: full batch
MAIN = {("784-128-64-10", 32), ("784-128-64-10", 128)}
MAIN_ONLY = {"PyTorch compiled", "NumPy bare"}  # compiling takes half a minute each
CANDIDATES = {  # per target, from cheap to dear: (network, batch size, [(rate, epochs), …])
    0.97: [
        ("784-64-10", 32, [(0.3, 1), (0.03, 1)]),
        ("784-128-10", 32, [(0.3, 1), (0.03, 1)]),
        ("784-128-10", 32, [(0.3, 2), (0.03, 1)]),
        ("784-128-10", 32, [(0.3, 3), (0.03, 1)]),
    ],
    0.98: [
        ("784-128-10", 32, [(0.3, 5), (0.03, 1)]),
        ("784-256-10", 32, [(0.3, 4), (0.03, 1)]),
        ("784-300-10", 32, [(0.3, 5), (0.03, 1)]),
        ("784-400-10", 32, [(0.3, 5), (0.03, 1)]),
        ("784-400-10", 32, [(0.3, 7), (0.03, 1)]),
    ],
}
CHOICE_SEEDS = (100, 101)  # no run that is reported uses them


def load(dtype):
    """Return full MNIST, or random arrays of its shape where it is not there."""
    if have_mnist():
        return nnlib.load_digits("mnist", dtype=dtype)
    rng = np.random.default_rng(0)
    X, y = rng.random((70_000, 784), np.float32).astype(dtype), rng.integers(0, 10, 70_000)
    ends = (slice(55_000), slice(55_000, 60_000), slice(60_000, None))
    return Digits(*(a for part in ends for a in (X[part], y[part])), name="random")


def first_params(net, seed=0, dtype=np.float32):
    """Return the first weights of a network that is written like 784-10-10."""
    return nnlib.init_params([int(n) for n in net.split("-")], seed=seed, dtype=dtype)


def take_turns(runs, reps, threads):
    """Call the functions in turns, in a new order each time; return {name: list of seconds}."""
    rng, seconds = np.random.default_rng(0), {name: [] for name in runs}
    for _ in range(reps):
        for k in rng.permutation(len(runs)):
            name = list(runs)[k]
            if threads > 1:
                time.sleep(0.05)  # the threads of the one before wait for work by spinning
            start = time.perf_counter()
            runs[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def row(section, peer, seconds, reference, **what):
    """Return one line of the results: median seconds, and median ratio to the reference."""
    ratio = np.median(np.divide(seconds, reference))
    return dict(
        section=section, peer=peer, **what, seconds=float(np.median(seconds)),
        ratio=float(ratio), turns=len(seconds),
    )  # fmt: skip


def say(text):
    """Print a line of progress where the results don't go."""
    print(text, file=sys.stderr, flush=True)


def make_peers(names, params, digits, batch_size, warm_up):
    """Return {peer: (run, weights)} after a few steps, and {peer: reason} of those that failed."""
    made, failed = {}, {}
    for name in names:
        try:
            made[name] = MAKERS[name](params, digits, batch_size)
            made[name][0](warm_up)
        except Exception as error:  # a peer that does not work here must not end the rest
            made.pop(name, None)
            failed[name] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return made, failed


def check_agreement(made, dtype):
    """Exit unless the first steps have led all peers to nnlib's weights."""
    wanted = made["nnlib"][1]()
    for name, (_, weights) in made.items():
        if weights is None:
            continue
        for theta, phi in zip(wanted, weights()):
            for a, b in zip(theta, phi):
                error = np.abs(a - b).max() / np.abs(a).max()
                if not error < (1e-3 if dtype == np.float32 else 1e-10):
                    raise SystemExit(f"{name} trains something else: its weights differ: {error}")


def seconds_of_a_step(run, batches):
    """Return about how long a step takes, so that turns can be given a sensible length."""
    start = time.perf_counter()
    run(batches)
    return (time.perf_counter() - start) / len(batches)


def measure_steps(options, dtype, threads, missing):
    """Time single steps: every network and batch size."""
    digits, rows = load(dtype), []
    for net in NETS[:2] if options.quick else NETS:
        for batch_size in (32, 128, None) if options.quick else BATCHES:
            names = [name for name in LOOPS if name not in missing]
            if options.quick or (net, batch_size) not in MAIN:
                names = [name for name in names if name not in MAIN_ONLY]
            found, failed = time_steps(digits, net, batch_size, names, options.turns, threads)
            report(found, failed)
            rows += found
    return rows


def time_steps(digits, net, batch_size, names, turns, threads):
    """Time the steps of the peers named, in turns; return their rows, and who failed."""
    dtype, m = digits.X_train.dtype, len(digits.X_train)
    params = first_params(net, dtype=dtype)
    batches = list(nnlib.batches(m, batch_size, np.random.default_rng(0)))
    made, failed = make_peers(names, params, digits, batch_size, batches[:3])
    check_agreement(made, dtype)
    a_step = seconds_of_a_step(made["floor"][0], batches[:3])
    n = int(np.clip(0.06 / a_step, 1, len(batches) - 1 or 1))
    runs = {name: partial(run, batches[:n]) for name, (run, _) in made.items()}
    seconds = take_turns(runs, 5 if a_step > 0.5 else turns, threads)
    what = dict(net=net, batch=batch_size or "full", dtype=dtype.name, threads=threads)
    floor = np.divide(seconds["floor"], n)
    return [row("steps", p, np.divide(v, n), floor, **what) for p, v in seconds.items()], failed


def report(rows, failed=()):
    """Print one comparison as a line."""
    first = rows[0]
    ratios = ", ".join(f"{r['peer']} {r['ratio']:.2f}" for r in rows if r["peer"] != "floor")
    say(
        f"{first['section']}: {first.get('net')}, batch {first.get('batch')}, {first['dtype']}, "
        f"threads {first['threads']}: floor {1e3 * first['seconds']:.3g} ms; {ratios}"
    )
    for name in failed or ():
        say(f"    {name} failed: {failed[name]}")


def with_only(digits, m):
    """Return digits with the first m training images only."""
    return Digits(
        digits.X_train[:m], digits.y_train[:m], digits.X_valid, digits.y_valid,
        digits.X_test, digits.y_test, digits.name,
    )  # fmt: skip


def measure_epochs(options, dtype, threads, missing):
    """Time whole epochs over 55,000 images; nnlib.train with what it records, three at once."""
    digits, rows, net = load(dtype), [], "784-128-64-10"
    for batch_size in (32,) if options.quick else (32, 128):
        params = first_params(net, dtype=dtype)
        batches = list(nnlib.batches(len(digits.X_train), batch_size, np.random.default_rng(0)))
        names = [n for n in MAKERS if n not in missing and n not in MAIN_ONLY]
        ends = [*batches[:2], batches[-1]]  # the last batch is shorter: JAX compiles again
        made, failed = make_peers(names, params, digits, batch_size, ends)
        check_agreement(made, dtype)
        runs = {name: partial(run, batches) for name, (run, _) in made.items()}
        train = dict(learning_rate=RATE, batch_size=batch_size, epochs=3)
        runs["nnlib.train"] = partial(nnlib.train, params, digits, **train)
        seconds = take_turns(runs, 5, threads)
        seconds["nnlib.train"] = np.divide(seconds["nnlib.train"], 3)
        what = dict(net=net, batch=batch_size, dtype=dtype.name, threads=threads)
        found = [row("epochs", n, seconds[n], seconds["floor"], **what) for n in seconds]
        report(found, failed)
        rows += found
    return rows


def measure_history(options, dtype, threads, missing):
    """Time nnlib.train against the same loop without a history."""
    mnist, bundled, rows = load(dtype), nnlib.load_digits(dtype=dtype), []
    cases = [  # digits, network, batch size, epochs
        (mnist, "784-128-64-10", 32, 5),
        (mnist, "784-128-64-10", 128, 5),
        (mnist, "784-10-10", 32, 5),
        (mnist, "784-10-10", None, 20),
        (bundled, "784-10-10", None, 500),
        (bundled, "784-10-10", 32, 10),
    ]
    for digits, net, batch_size, epochs in cases[::4] if options.quick else cases:
        params = first_params(net, dtype=dtype)
        arguments = (params, digits, RATE, batch_size, epochs)
        runs = {
            "nnlib": partial(bare_loop, *arguments),
            "nnlib.train": partial(nnlib.train, *arguments),
        }
        seconds = take_turns(runs, 5, threads)
        what = dict(
            net=net, batch=batch_size or "full", dtype=dtype.name, threads=threads,
            note=f"{digits.name}, {epochs} epochs",
        )  # fmt: skip
        rows += [row("history", n, seconds[n], seconds["nnlib"], **what) for n in seconds]
        say(f"history: {what['note']}, {net}, batch {what['batch']}, {dtype.name}: "
            f"train takes {rows[-1]['ratio']:.3f} of the bare loop")  # fmt: skip
    return rows


def bare_loop(params, digits, rate, batch_size, epochs):
    """Train as nnlib.train does, without a history."""
    run, _ = nnlib_loop(params, digits, batch_size)
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        run(nnlib.batches(len(digits.X_train), batch_size, rng), rate)


def work(sizes, m):
    """Return the floating-point operations in the matrix products of one step on m images."""
    products = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return 2 * m * (3 * sum(products) - products[0])  # no slope for the images themselves


def measure_scaling(options, dtype, threads, missing):
    """Time a step of nnlib while samples, width, depth or batch size grow."""
    digits, rows = load(dtype), []
    series = {  # name: list of (value, widths, batch size; None: all of m images, images m)
        "samples": [(m, [784, 128, 64, 10], None, m) for m in (500, 2000, 8000, 32_000)],
        "width": [(n, [784, n, 10], 128, 55_000) for n in (16, 64, 256, 1024, 2048)],
        "depth": [(d, [784, *[256] * d, 10], 128, 55_000) for d in (1, 2, 4, 8, 16)],
        "batch": [(k, [784, 128, 64, 10], k, 55_000) for k in (1, 8, 32, 128, 512, 2048)],
    }
    for name, points in series.items():
        found = []
        for value, sizes, batch_size, m in points[::2] if options.quick else points:
            part, what = with_only(digits, m), dict(note=name, value=value)
            found += time_scaling(part, sizes, batch_size, options.turns, threads, what)
        say(f"scaling with {name}: " + ", ".join(
            f"{r['value']}: {r['seconds'] / r['work'] * 1e12:.1f} ps an operation"
            for r in found if r["peer"] == "nnlib"))  # fmt: skip
        rows += found
    return rows


def time_scaling(digits, sizes, batch_size, turns, threads, what):
    """Time steps of nnlib and of the floor on one network; return their rows."""
    dtype, m = digits.X_train.dtype, len(digits.X_train)
    params = nnlib.init_params(sizes, dtype=dtype)
    batches = list(nnlib.batches(m, batch_size, np.random.default_rng(0)))
    made, _ = make_peers(["floor", "nnlib"], params, digits, batch_size, batches[:2])
    a_step = seconds_of_a_step(made["floor"][0], batches[:2])
    n = int(np.clip(0.05 / a_step, 1, len(batches)))
    steps = (batches * 100)[:n] if batch_size is None else batches[:n]
    runs = {peer: partial(run, steps) for peer, (run, _) in made.items()}
    seconds = take_turns(runs, turns, threads)
    what = dict(
        net="-".join(map(str, sizes)), batch=batch_size or m, dtype=dtype.name, threads=threads,
        **what, work=work(sizes, batch_size or m),
    )  # fmt: skip
    floor = np.divide(seconds["floor"], n)
    return [row("scaling", p, np.divide(v, n), floor, **what) for p, v in seconds.items()]


def train_recipe(name, params, digits, recipe, seed):
    """Train as the recipe says, with one peer; return the weights."""
    _, batch_size, phases = recipe
    if name == "nnlib.train":
        for rate, epochs in phases:
            params = nnlib.train(params, digits, rate, batch_size, epochs, seed=seed).params
        return params
    run, weights = MAKERS[name](params, digits, batch_size)
    for rate, epochs in phases:
        rng = np.random.default_rng(seed)
        for _ in range(epochs):
            run(list(nnlib.batches(len(digits.X_train), batch_size, rng)), rate)
    return weights()


def choose(target, digits, dtype):
    """Return the cheapest recipe that is above the target by 2 standard errors on validation."""
    wanted = target + 2 * nnlib.standard_error(target, len(digits.y_valid))
    for recipe in CANDIDATES[target]:
        found = []
        for seed in CHOICE_SEEDS:
            params = first_params(recipe[0], seed, dtype)
            params = train_recipe("nnlib.train", params, digits, recipe, seed)
            found.append(nnlib.accuracy(digits.y_valid, nnlib.predict(params, digits.X_valid)))
        say(f"accuracy: {describe(recipe)}: validation {found}, wanted {wanted:.4f}")
        if min(found) >= wanted:
            return recipe
    return recipe


def describe(recipe):
    """Return a recipe as text."""
    net, batch_size, phases = recipe
    return f"{net}, batch {batch_size}, " + ", then ".join(
        f"{epochs} epochs at rate {rate}" for rate, epochs in phases
    )


def measure_accuracy(options, dtype, threads, missing):
    """Time the way from loaded data to a reported test accuracy, all peers by one recipe."""
    if not have_mnist():
        say("accuracy: skipped, since full MNIST is neither in data/ nor in NNLIB_DATA_DIR")
        return []
    digits, rows = load(dtype), []
    names = ["nnlib.train", "JAX jit", "PyTorch eager", "scikit-learn"]
    names = [name for name in names if name not in missing]
    for target in CANDIDATES:
        recipe = choose(target, digits, dtype)
        runs = {name: [] for name in names}
        for seed in range(2 if options.quick else 5):
            for name in names:
                runs[name].append(time_to_accuracy(name, digits, recipe, seed, threads))
        what = dict(
            net=recipe[0], batch=recipe[1], dtype=dtype.name, threads=threads, value=target,
            note=describe(recipe),
        )  # fmt: skip
        rows += [row_of_accuracy(name, runs, what) for name in names]
    return rows


def time_to_accuracy(name, digits, recipe, seed, threads):
    """Train and test once; return seconds, processor seconds and the test accuracy."""
    found = {}

    def once():
        start = time.process_time()
        params = first_params(recipe[0], seed, digits.X_train.dtype)
        params = train_recipe(name, params, digits, recipe, seed)
        y_hat = nnlib.predict([(np.array(W), np.array(b)) for W, b in params], digits.X_test)
        found["accuracy"] = nnlib.accuracy(digits.y_test, y_hat)
        found["cpu"] = time.process_time() - start

    (seconds,) = take_turns({name: once}, 1, threads)[name]
    return seconds, found["cpu"], found["accuracy"]


def row_of_accuracy(name, runs, what):
    """Return a peer's line of the results, and say it."""
    seconds, cpu, shares = zip(*runs[name])
    reference = [run[0] for run in runs["nnlib.train"]]
    r = row(
        "accuracy", name, seconds, reference, **what, accuracy=float(np.mean(shares)),
        sd=float(np.std(shares, ddof=1)), lowest=min(shares), cpu_seconds=float(np.median(cpu)),
    )  # fmt: skip
    say(f"accuracy: {r['value']:.0%}, {r['note']}: {name}: {r['seconds']:.1f} s "
        f"({r['cpu_seconds']:.1f} of the processor), test "
        f"{r['accuracy']:.4f} ± {r['sd']:.4f}, lowest {r['lowest']:.4f}")  # fmt: skip
    return r


def peak_memory():
    """Return the most memory this process has used, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count the parent's memory before exec
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def measure_memory(options, dtype, threads, missing, peer):
    """Return the peak memory of this process after one epoch with one peer."""
    digits, net, batch_size = load(dtype), "784-128-64-10", 32
    params = first_params(net, dtype=dtype)
    if peer == "nnlib.train":
        nnlib.train(params, digits, RATE, batch_size, epochs=1)
    elif peer != "data alone":
        run, _ = MAKERS[peer](params, digits, batch_size)
        run(list(nnlib.batches(len(digits.X_train), batch_size, np.random.default_rng(0))))
    found = dict(section="memory", peer=peer, net=net, batch=batch_size, dtype=dtype.name)
    say(f"memory: {peer}, {dtype.name}: {peak_memory():.0f} MB")
    return [found | dict(threads=threads, megabytes=peak_memory())]


MEASURES = {
    "steps": measure_steps,
    "epochs": measure_epochs,
    "history": measure_history,
    "scaling": measure_scaling,
    "accuracy": measure_accuracy,
    "memory": measure_memory,
}


def about():
    """Return what the figures depend on: processor, versions."""
    from importlib import metadata

    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        processor = names[0] if names else processor
    versions = {}
    for name in ("numpy", "torch", "jax", "scikit-learn"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return dict(
        processor=processor, cores=os.cpu_count(), python=platform.python_version(),
        system=platform.system(), data="MNIST" if have_mnist() else "random", versions=versions,
    )  # fmt: skip
