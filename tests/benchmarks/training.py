"""How fast does nnlib train, and how fast do others? ``python tests/benchmarks/training.py``

Every peer trains the same network from the same weights on the same batches in the same type, with
the same number of threads, in one process and in turns; that all of them arrive at the same weights
is checked. What is compared is time per step or epoch, as a ratio to the floor: the step's matrix
products alone, with ``np.matmul`` into arrays that are there already. Each ratio is the median of
the ratios of single turns, at least five.

Sections: steps, epochs, history (what recording costs), scaling, accuracy (seconds to 97 % and
98 %), memory. Full MNIST is used where it is there; else random arrays of its shape, on which
accuracy means nothing, so that section is skipped. PyTorch and JAX come with ``pip install -e
".[compare]"``; a peer that is missing is named.

Results: results/training.csv and .json, and pictures made of them. A section or thread count that
is run alone replaces its own rows only.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

import nnlib
from nnlib.plumbing.mnist import have_mnist
from nnlib.plumbing.sources import Digits

RESULTS = Path(__file__).parent / "results"
SECTIONS = ("steps", "epochs", "history", "scaling", "accuracy", "memory")
NETS = ("784-10-10", "784-128-64-10", "784-800-10")
BATCHES = (1, 32, 128, 1024, None)  # None: full batch
RATE = 0.01
PEERS = (
    "floor",
    "nnlib",
    "nnlib.train",
    "JAX jit",
    "PyTorch compiled",
    "PyTorch eager",
    "PyTorch DataLoader",
    "scikit-learn",
    "NumPy bare",
)
LOOPS = [peer for peer in PEERS if peer not in ("nnlib.train", "PyTorch DataLoader")]
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

# ------------------------------------------------------------------ the peers
# A peer is a function of (params, digits, batch_size) that returns two others: one that trains on
# a list of batches (row numbers, or slice(None) for all) with a rate, and one that returns weights.


def floor(params, digits, batch_size):
    """Only the matrix products of a step, into arrays that are there already."""
    X, dtype = digits.X_train, digits.X_train.dtype
    m = batch_size or len(X)
    rng = np.random.default_rng(0)
    Z = [rng.random((m, len(b)), dtype) for _, b in params]
    dA = [np.empty((m, len(b)), dtype) for _, b in params[:-1]]
    dW = [np.empty_like(W) for W, _ in params]
    Ws = [W.copy() for W, _ in params]
    images = X if batch_size is None else X[:m].copy()

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            k = m if isinstance(rows, slice) else len(rows)
            A = [images[:k], *(z[:k] for z in Z)]
            for l, W in enumerate(Ws):
                np.matmul(A[l], W, out=A[l + 1])
            for l in reversed(range(len(Ws))):
                np.matmul(A[l].T, A[l + 1], out=dW[l])
                if l > 0:
                    np.matmul(A[l + 1], Ws[l].T, out=dA[l - 1][:k])

    return run, None


def nnlib_loop(params, digits, batch_size):
    """The bare loop of lesson 5."""
    params = [(W.copy(), b.copy()) for W, b in params]
    X, y = digits.X_train, digits.y_train

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            A = nnlib.forward(params, X[rows])
            nnlib.update(params, nnlib.backward(params, A, y[rows]), rate)

    return run, lambda: params


def numpy_bare(params, digits, batch_size):
    """What NumPy can do where nobody has to read it: no check, and no array made in the loop."""
    X, y, dtype = digits.X_train, digits.y_train, digits.X_train.dtype
    m, Ws, bs = batch_size or len(X), [W.copy() for W, _ in params], [b.copy() for _, b in params]
    images, numbers = np.empty((m, X.shape[1]), dtype), np.arange(m)
    Z, dA = ([np.empty((m, len(b)), dtype) for b in bs] for _ in range(2))
    dW, masks = [np.empty_like(W) for W in Ws], [np.empty((m, len(b)), bool) for b in bs]

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            k = m if isinstance(rows, slice) else len(rows)
            A = [X if k == len(X) else X.take(rows, axis=0, out=images[:k], mode="clip")]
            for W, b, z in zip(Ws, bs, Z):
                A.append(np.matmul(A[-1], W, out=z[:k]))
                A[-1] += b
                if W is not Ws[-1]:
                    np.maximum(A[-1], 0, out=A[-1])
            dZ = A[-1]
            dZ -= dZ.max(axis=1, keepdims=True)
            np.exp(dZ, out=dZ)
            dZ /= dZ.sum(axis=1, keepdims=True)
            dZ[numbers[:k], y[rows]] -= 1
            dZ *= 1 / k
            for l in reversed(range(len(Ws))):
                np.matmul(A[l].T, dZ, out=dW[l])
                dW[l] *= rate
                db = dZ.sum(axis=0)
                db *= rate
                if l > 0:
                    dZ = np.matmul(dZ, Ws[l].T, out=dA[l - 1][:k])
                    dZ *= np.greater(A[l], 0, out=masks[l - 1][:k])
                Ws[l] -= dW[l]
                bs[l] -= db

    return run, lambda: list(zip(Ws, bs))


def torch_model(params):
    """Return a Sequential that holds a copy of params, and its optimiser."""
    import torch

    layers = []
    for W, b in params:
        layer = torch.nn.Linear(*W.shape, dtype=torch.from_numpy(W).dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(W.T.copy()))
            layer.bias.copy_(torch.from_numpy(b))
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    return model, torch.optim.SGD(model.parameters(), lr=RATE)


def torch_weights(model):
    """Return a model's weights as nnlib's params."""
    arrays = [p.detach().numpy() for p in model.parameters()]
    return [(W.T, b) for W, b in zip(arrays[::2], arrays[1::2])]


def torch_eager(params, digits, batch_size, compiled=False):
    """PyTorch with tensors indexed by hand; the whole step but the update compiled, if wanted."""
    import torch

    model, optimizer = torch_model(params)
    X, y = torch.from_numpy(digits.X_train), torch.from_numpy(digits.y_train)

    def mean_loss(images, labels):
        return torch.nn.functional.cross_entropy(model(images), labels)

    loss_of = torch.compile(mean_loss) if compiled else mean_loss

    def run(rowsets, rate=RATE):
        optimizer.param_groups[0]["lr"] = rate
        for rows in rowsets:
            if not isinstance(rows, slice):
                rows = torch.from_numpy(rows)
            optimizer.zero_grad(set_to_none=True)
            loss_of(X[rows], y[rows]).backward()
            optimizer.step()

    return run, lambda: torch_weights(model)


def torch_compiled(params, digits, batch_size):
    """PyTorch through torch.compile, which needs a C++ compiler."""
    return torch_eager(params, digits, batch_size, compiled=True)


def torch_loader(params, digits, batch_size):
    """PyTorch as its tutorials show it: TensorDataset and DataLoader, in this process."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    model, optimizer = torch_model(params)
    data = TensorDataset(torch.from_numpy(digits.X_train), torch.from_numpy(digits.y_train))

    def run(rowsets, rate=RATE):
        optimizer.param_groups[0]["lr"] = rate
        for images, labels in DataLoader(data, batch_sampler=[rows.tolist() for rows in rowsets]):
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()

    return run, lambda: torch_weights(model)


def jax_jit(params, digits, batch_size):
    """JAX: one jitted function for the whole step, images already on its device."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", digits.X_train.dtype == np.float64)
    X, y = jnp.asarray(digits.X_train), jnp.asarray(digits.y_train.astype(np.int32))
    state = [[(jnp.array(W), jnp.array(b)) for W, b in params]]

    def mean_loss(params, X, y):
        for W, b in params[:-1]:
            X = jax.nn.relu(X @ W + b)
        W, b = params[-1]
        log_P = jax.nn.log_softmax(X @ W + b)
        return -log_P[jnp.arange(len(y)), y].mean()

    def whole(params, X, y, rate):
        grads = jax.grad(mean_loss)(params, X, y)
        return jax.tree.map(lambda theta, gradient: theta - rate * gradient, params, grads)

    def part(params, X, y, rows, rate):
        return whole(params, X[rows], y[rows], rate)

    whole_step, step = jax.jit(whole, donate_argnums=0), jax.jit(part, donate_argnums=0)

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            if isinstance(rows, slice):
                state[0] = whole_step(state[0], X, y, rate)
            else:
                state[0] = step(state[0], X, y, rows, rate)
        jax.block_until_ready(state[0])

    return run, lambda: [(np.asarray(W), np.asarray(b)) for W, b in state[0]]


def sklearn_mlp(params, digits, batch_size):
    """scikit-learn's MLPClassifier: partial_fit, in its own loop, over all the rows given."""
    from sklearn.neural_network import MLPClassifier

    X, y = digits.X_train, digits.y_train
    model = MLPClassifier(
        [len(b) for _, b in params[:-1]], solver="sgd", learning_rate_init=RATE, momentum=0,
        nesterovs_momentum=False, alpha=0, batch_size=batch_size or len(X), shuffle=False,
    )  # fmt: skip
    model.partial_fit(X[: batch_size or len(X)], y[: batch_size or len(X)], classes=np.arange(10))
    for (W, b), V, c in zip(params, model.coefs_, model.intercepts_):
        V[...], c[...] = W, b

    def run(rowsets, rate=RATE):
        model._optimizer.learning_rate = rate
        if isinstance(rowsets[0], slice):
            for _ in rowsets:
                model.partial_fit(X, y)
        elif sum(len(rows) for rows in rowsets) == len(X):  # an epoch: it shuffles by itself
            model.set_params(shuffle=True).partial_fit(X, y)
        else:
            rows = np.concatenate(rowsets)
            model.partial_fit(X[rows], y[rows])

    return run, lambda: list(zip(model.coefs_, model.intercepts_))


MAKERS = {
    "floor": floor,
    "nnlib": nnlib_loop,
    "NumPy bare": numpy_bare,
    "JAX jit": jax_jit,
    "PyTorch compiled": torch_compiled,
    "PyTorch eager": torch_eager,
    "PyTorch DataLoader": torch_loader,
    "scikit-learn": sklearn_mlp,
}


def missing_peers():
    """Return {peer: reason} of those that can't be imported here."""
    missing = {}
    for module, peers in {
        "jax": ["JAX jit"],
        "torch": ["PyTorch eager", "PyTorch compiled", "PyTorch DataLoader"],
        "sklearn": ["scikit-learn"],
    }.items():
        try:
            __import__(module)
        except ImportError as error:
            missing |= dict.fromkeys(peers, f"not installed ({error})")
    return missing


# ------------------------------------------------------------------ measuring


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


def measure_steps(options, dtype, threads, missing):
    """Time single steps: every network and batch size."""
    digits, rows = load(dtype), []
    nets = NETS[:2] if options.quick else NETS
    sizes = (32, 128, None) if options.quick else BATCHES
    for net in nets:
        for batch_size in sizes:
            params = first_params(net, dtype=dtype)
            m = len(digits.X_train)
            batches = list(nnlib.batches(m, batch_size, np.random.default_rng(0)))
            names = [name for name in LOOPS if name not in missing]
            if options.quick or (net, batch_size) not in MAIN:
                names = [name for name in names if name not in MAIN_ONLY]
            made, failed = make_peers(names, params, digits, batch_size, batches[:3])
            check_agreement(made, dtype)
            start = time.perf_counter()
            made["floor"][0](batches[:3])
            a_step = (time.perf_counter() - start) / len(batches[:3])
            n = int(np.clip(0.06 / a_step, 1, len(batches) - 1 or 1))
            runs = {name: partial(run, batches[:n]) for name, (run, _) in made.items()}
            seconds = take_turns(runs, 5 if a_step > 0.5 else options.turns, threads)
            what = dict(net=net, batch=batch_size or "full", dtype=dtype.name, threads=threads)
            for name, values in seconds.items():
                rows.append(row("steps", name, np.divide(values, n), np.divide(
                    seconds["floor"], n), **what))  # fmt: skip
            report(rows[-len(seconds) :], failed)
    return rows


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

        def bare(digits=digits, params=params, batch_size=batch_size, epochs=epochs):
            run, _ = nnlib_loop(params, digits, batch_size)
            rng = np.random.default_rng(0)
            for _ in range(epochs):
                run(nnlib.batches(len(digits.X_train), batch_size, rng))

        def train(digits=digits, params=params, batch_size=batch_size, epochs=epochs):
            nnlib.train(params, digits, RATE, batch_size, epochs)

        seconds = take_turns({"nnlib": bare, "nnlib.train": train}, 5, threads)
        what = dict(
            net=net, batch=batch_size or "full", dtype=dtype.name, threads=threads,
            note=f"{digits.name}, {epochs} epochs",
        )  # fmt: skip
        rows += [row("history", n, seconds[n], seconds["nnlib"], **what) for n in seconds]
        say(f"history: {what['note']}, {net}, batch {what['batch']}, {dtype.name}: "
            f"train takes {rows[-1]['ratio']:.3f} of the bare loop")  # fmt: skip
    return rows


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
        for value, sizes, batch_size, m in points[::2] if options.quick else points:
            part = with_only(digits, m)
            params = nnlib.init_params(sizes, dtype=dtype)
            batches = list(nnlib.batches(m, batch_size, np.random.default_rng(0)))
            made, _ = make_peers(["floor", "nnlib"], params, part, batch_size, batches[:2])
            start = time.perf_counter()
            made["floor"][0](batches[:2])
            a_step = (time.perf_counter() - start) / len(batches[:2])
            n = int(np.clip(0.05 / a_step, 1, len(batches)))
            steps = (batches * 100)[:n] if batch_size is None else batches[:n]
            runs = {key: partial(run, steps) for key, (run, _) in made.items()}
            seconds = take_turns(runs, options.turns, threads)
            what = dict(
                net="-".join(map(str, sizes)), batch=batch_size or m, dtype=dtype.name,
                threads=threads, note=name, value=value, work=work(sizes, batch_size or m),
            )  # fmt: skip
            rows += [
                row("scaling", key, np.divide(v, n), np.divide(seconds["floor"], n), **what)
                for key, v in seconds.items()
            ]
        mine = [r for r in rows if r["note"] == name and r["peer"] == "nnlib"]
        say(f"scaling with {name}: " + ", ".join(
            f"{r['value']}: {r['seconds'] / r['work'] * 1e12:.1f} ps an operation"
            for r in mine))  # fmt: skip
    return rows


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
        shares, cpu = {name: [] for name in names}, {name: [] for name in names}

        def one(name, seed, recipe=recipe, shares=shares, cpu=cpu):
            start = time.process_time()
            params = first_params(recipe[0], seed, dtype)
            params = train_recipe(name, params, digits, recipe, seed)
            y_hat = nnlib.predict([(np.array(W), np.array(b)) for W, b in params], digits.X_test)
            shares[name].append(nnlib.accuracy(digits.y_test, y_hat))
            cpu[name].append(time.process_time() - start)

        seconds = {name: [] for name in names}
        for seed in range(2 if options.quick else 5):
            for name in names:
                found = take_turns({name: lambda n=name, s=seed: one(n, s)}, 1, threads)
                seconds[name] += found[name]
        for name in names:
            rows.append(row(
                "accuracy", name, seconds[name], seconds["nnlib.train"], net=recipe[0],
                batch=recipe[1], dtype=dtype.name, threads=threads, value=target,
                note=describe(recipe), accuracy=float(np.mean(shares[name])),
                sd=float(np.std(shares[name], ddof=1)), lowest=min(shares[name]),
                cpu_seconds=float(np.median(cpu[name])),
            ))  # fmt: skip
            r = rows[-1]
            say(f"accuracy: {target:.0%}, {r['note']}: {name}: {r['seconds']:.1f} s "
                f"({r['cpu_seconds']:.1f} of the processor), test "
                f"{r['accuracy']:.4f} ± {r['sd']:.4f}, lowest {r['lowest']:.4f}")  # fmt: skip
    return rows


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

# ------------------------------------------------------------------ processes


def environment(threads):
    """Return this process's environment with every library held to so many threads."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    flags = {"XLA_FLAGS": os.environ.get("XLA_FLAGS", "")}
    if threads == 1:
        flags["XLA_FLAGS"] += " --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return os.environ | dict.fromkeys(names, str(threads)) | flags | {"NNLIB_PROGRESS": "0"}


def start_worker(section, dtype, threads, options, peer=None):
    """Measure one section in a process of its own; return its rows."""
    command = [sys.executable, __file__, "--worker", section, dtype, str(threads)]
    command += [peer] if peer else []
    command += ["--turns", str(options.turns), *(["--quick"] if options.quick else [])]
    done = subprocess.run(command, env=environment(threads), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{section} failed, see above")
    return json.loads(done.stdout.splitlines()[-1])


def be_worker(options):
    """Measure one section here and print its rows as JSON."""
    section, dtype, threads, *peer = options.worker
    threads = int(threads)
    if hasattr(os, "sched_setaffinity"):  # JAX listens to nothing else
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])
    missing = missing_peers() if section != "memory" else {}
    if "PyTorch eager" not in missing and section != "memory":
        import torch

        torch.set_num_threads(threads)
    rows = MEASURES[section](options, np.dtype(dtype), threads, missing, *peer)
    print(json.dumps(rows))


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


# ------------------------------------------------------------------ tables and pictures


def keep(rows, folder):
    """Write the rows into the results, in place of those of the same section, type and threads."""
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    new, key = pd.DataFrame(rows), ["section", "dtype", "threads"]
    path = folder / "training.csv"
    if path.exists():
        old = pd.read_csv(path)
        again = pd.MultiIndex.from_frame(old[key]).isin(pd.MultiIndex.from_frame(new[key]))
        new = pd.concat([old[~again], new], ignore_index=True)
    order = {name: k for k, name in enumerate(SECTIONS)}
    new = new.sort_values(key, key=lambda c: c.map(order) if c.name == "section" else c,
                          kind="stable")  # fmt: skip
    new.to_csv(path, index=False, float_format="%.6g")
    (folder / "training.json").write_text(json.dumps(about(), indent=1) + "\n")
    return pd.read_csv(path)


def print_tables(table):
    """Print the ratios, peers side by side, and the other sections as they are."""
    import pandas as pd

    pd.set_option("display.width", 160, "display.max_columns", 20)
    for section in ("steps", "epochs"):
        part = table[table["section"] == section]
        if len(part):
            floor = part[part["peer"] == "floor"].copy()
            floor["peer"], floor["ratio"] = "floor, ms", 1e3 * floor["seconds"]
            part = pd.concat([floor, part[part["peer"] != "floor"]])
            wide = part.pivot_table(
                "ratio", ["dtype", "threads", "net", "batch"], "peer", sort=False
            )
            print(f"\n{section}: time as a multiple of the floor (median)")
            print(wide.round(2).to_string(na_rep="–"))
    for section, columns in {
        "history": ["dtype", "threads", "note", "net", "batch", "peer", "seconds", "ratio"],
        "scaling": ["dtype", "threads", "note", "value", "peer", "seconds", "work", "ratio"],
        "accuracy": ["dtype", "value", "peer", "seconds", "cpu_seconds", "accuracy", "sd",
                     "lowest", "note"],
        "memory": ["dtype", "threads", "peer", "megabytes"],
    }.items():  # fmt: skip
        part = table[table["section"] == section]
        if len(part):
            print(f"\n{section}")
            print(part[columns].to_string(index=False, float_format=lambda v: f"{v:.4g}"))


def draw(table, folder):
    """Draw the ratios of the steps, and the scaling."""
    import matplotlib

    matplotlib.use("Agg")
    steps = table[table["section"] == "steps"]
    for dtype in steps["dtype"].unique():
        figure = draw_steps(steps[steps["dtype"] == dtype])
        figure.savefig(folder / f"training_{dtype}.png", dpi=110)
        if dtype == "float32":
            draw_readme(steps[steps["dtype"] == dtype]).savefig(folder / "speed.png", dpi=110)
    scaling = table[(table["section"] == "scaling") & (table["dtype"] == "float32")]
    if len(scaling):
        draw_scaling(scaling).savefig(folder / "scaling.png", dpi=110)


def draw_steps(steps):
    """Return a figure: time of a step over batch size, as a multiple of the floor."""
    from nnlib.plumbing import plots

    nets, threads = steps["net"].unique(), sorted(steps["threads"].unique())
    figure, axes = plots.new_figure(
        len(threads), len(nets), (3.6 * len(nets) + 1.6, 3.4 * len(threads)),
        sharey=True, squeeze=False,
    )  # fmt: skip
    for i, t in enumerate(threads):
        for j, net in enumerate(nets):
            ax, part = axes[i, j], steps[(steps["net"] == net) & (steps["threads"] == t)]
            sizes = list(dict.fromkeys(part["batch"].astype(str)))
            for k, peer in enumerate(LOOPS[1:]):
                mine = part[part["peer"] == peer]
                at = [sizes.index(b) for b in mine["batch"].astype(str)]
                ax.plot(at, mine["ratio"], label=peer, **plots.style(k) | {"markersize": 6})
            ax.axhline(1, color="black", linewidth=1)
            ax.set(
                xticks=range(len(sizes)), xticklabels=sizes, yscale="log", xlabel="batch size",
                title=f"{net}, {t} thread{'s' * int(t > 1)}",
            )  # fmt: skip
            ticks = (0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20)
            ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
            ax.minorticks_off()
            ax.grid(alpha=0.3)
        axes[i, 0].set_ylabel("time of a step,\nmultiple of its matrix products")
    handles, labels = axes[0, min(1, len(nets) - 1)].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=9)
    figure.suptitle(f"{steps['dtype'].iloc[0]}; 1 is the floor: the products alone")
    return figure


def draw_readme(steps):
    """Return a figure: batches of 32 and 128 with one thread, a line for each peer."""
    from nnlib.plumbing import plots

    steps = steps[(steps["threads"] == 1) & steps["batch"].astype(str).isin(["32", "128"])]
    nets = steps["net"].unique()
    peers = [name for name in LOOPS[1:] if name in set(steps["peer"])][::-1]
    figure, axes = plots.new_figure(1, len(nets), (9.6, 2.8), sharey=True, squeeze=False)
    for ax, net in zip(axes[0], nets):
        for k, batch in enumerate(("32", "128")):
            part = steps[(steps["net"] == net) & (steps["batch"].astype(str) == batch)]
            part = part[part["peer"] != "floor"]
            at = [peers.index(peer) + 0.16 - 0.32 * k for peer in part["peer"]]
            ax.barh(at, part["ratio"], height=0.3, color=plots.COLOURS[k], label=f"batch {batch}",
                    hatch=("", "///")[k], edgecolor="white")  # fmt: skip
            for y, ratio in zip(at, part["ratio"]):
                paper = dict(facecolor="white", edgecolor="none", pad=0.4)
                ax.annotate(f"{ratio:.1f}" if ratio > 9.95 else f"{ratio:.2f}", (ratio, y), (3, 0),
                            textcoords="offset points", va="center", fontsize=7,
                            bbox=paper)  # fmt: skip
        for peer in set(peers) - set(steps.loc[steps["net"] == net, "peer"]):
            ax.annotate("not measured", (1, peers.index(peer)), (4, 0), va="center", fontsize=7,
                        textcoords="offset points")  # fmt: skip
        ax.axvline(1, color="black", linewidth=1)
        ax.set(title=net, yticks=range(len(peers)), yticklabels=peers)
        ax.margins(x=0.16)
    axes[0, len(nets) // 2].set_xlabel("time of a step, as a multiple of its matrix products alone")
    axes[0, -1].legend(fontsize=8)
    return figure


def draw_scaling(scaling):
    """Return a figure: time of a step over the operations in its products."""
    from nnlib.plumbing import plots

    scaling = scaling[scaling["threads"] == scaling["threads"].min()]
    figure, ax = plots.new_figure(size=(7.2, 4.6))
    mine = scaling[scaling["peer"] == "nnlib"]
    for k, name in enumerate(mine["note"].unique()):
        part = mine[mine["note"] == name]
        label = f"{name}: {part['value'].iloc[0]:,.0f} … {part['value'].iloc[-1]:,.0f}"
        ax.plot(part["work"] / 1e9, 1e3 * part["seconds"], label=label, **plots.style(k))
    speed = (mine["seconds"] / mine["work"]).min()
    ends = np.array([mine["work"].min(), mine["work"].max()])
    ax.plot(ends / 1e9, 1e3 * ends * speed, color="grey", linewidth=1,
            label=f"proportional: {1e-9 / speed:.0f} billion a second")  # fmt: skip
    ax.set(xscale="log", yscale="log", ylabel="time of a step (ms)",
           xlabel="operations in its matrix products (billions)")  # fmt: skip
    ax.legend(fontsize=9)
    ax.grid(alpha=0.3)
    return figure


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="float32, fewer networks and turns")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--threads", nargs="+", type=int, default=None, help="default: 1 2")
    parser.add_argument("--dtype", nargs="+", choices=("float32", "float64"), default=None)
    parser.add_argument("--turns", type=int, default=7, help="at least 5 (default: 7)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.turns = max(5, options.turns)
    if options.worker:
        return be_worker(options)
    missing = missing_peers_quietly()
    for peer, reason in missing.items():
        print(f"{peer}: {reason}")
    rows = []
    for section in options.only:
        for dtype in options.dtype or (["float32"] if options.quick else ["float32", "float64"]):
            counts = options.threads or ([1] if options.quick else [1, 2])
            for threads in counts if section in ("steps", "epochs") else counts[:1]:
                if section == "memory":
                    names = ["data alone", "nnlib", "nnlib.train", "JAX jit", "PyTorch eager",
                             "PyTorch DataLoader", "scikit-learn"]  # fmt: skip
                    for name in names:
                        if name not in missing:
                            rows += start_worker(section, dtype, threads, options, name)
                else:
                    rows += start_worker(section, dtype, threads, options)
    if rows:
        table = keep(rows, options.out)
        print_tables(table[table["section"].isin(options.only)])
        draw(table, options.out)


def missing_peers_quietly():
    """Ask a process of its own which peers are missing, so that this one stays small."""
    code = "import json, training; print(json.dumps(training.missing_peers()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
