"""Plumbing: lab 8's long experiments, from the command line: ``python -m nnlib.experiments NAME``.

What is computed stands in the tables below; how, in `fit`, which composes the functions that the
lessons derive. Every finished run is written at once to ``notebooks/results/NAME.csv``; started
again, the script goes on where it stopped. The lab reads these files and draws them.

How settings are chosen: where a row has ``choose``, each candidate is trained with seed 100, which
no row uses, on 55,000 images, and the one with the best accuracy on the 5,000 validation images
wins (``NAME_choice.csv``). Where there is none, the setting is a classic's own, or inherited, or
an ordinary value that was not tuned at all. The test images are looked at once a run, at its end.
"""

import argparse
import functools
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from nnlib.backprop import backward
from nnlib.labs.augment import distort, shift_images
from nnlib.labs.optimizers import decayed_rate
from nnlib.labs.regularisation import (
    backward_dropout,
    committee,
    dropout_masks,
    forward_dropout,
)
from nnlib.loss import cross_entropy
from nnlib.network import accuracy, forward, init_params
from nnlib.plumbing.arguments import check_count
from nnlib.plumbing.environment import progress_bars_off, thread_limit
from nnlib.plumbing.sources import Digits, load_digits
from nnlib.plumbing.writing import written_whole
from nnlib.training import OPTIMIZERS, add_l2, batches

# ------------------------------------------------------------------ settings and seeds

DEFAULTS = {
    "hidden": [128],  # widths of the hidden layers
    "activation": "relu",
    "init": "he",  # or "xavier", "uniform", "zeros", and here also "normal": W from N(0, 1)
    "batch_size": 64,  # None: full batch
    "epochs": 10,  # passes over the training images
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "decay": False,  # True: the rate falls in a straight line to 0
    "l2": 0.0,
    "dropout": 0.0,  # share of hidden units dropped
    "early_stopping": False,  # True: the weights of the best pass on validation are kept
    "affine": None,  # or [degrees, zoom, shear, shift]
    "elastic": None,  # or [alpha, sigma]
    "clean": 0,  # the last passes see the images as they are
    "members": 1,  # networks in the committee
    "looks": 1,  # at each image: as it is, then moved by a pixel down, up, right, left
    "n_valid": 5000,  # of the 60,000; 0: all 60,000 are trained on
    "clip": 0.0,  # above 0: losses are reported as -log(max(P, clip)), as others do
}

CHOICE_SEED = 100
LOOKS = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]


def each(name, *values):
    """Return candidates that differ in one setting."""
    return [{name: value} for value in values]


# A rung keeps everything of the rung below and changes what it names. Ten passes each, but for the
# first one's 500 steps.
LADDER = {
    "10 hidden, full batch": {
        "hidden": [10], "init": "uniform", "batch_size": None, "epochs": 500,
        "choose": each("learning_rate", 0.1, 0.3, 1.0),
    },
    "mini-batches": {
        "batch_size": 64, "epochs": 10, "choose": each("learning_rate", 0.03, 0.1, 0.3),
    },
    "more units": {"hidden": [128], "choose": each("learning_rate", 0.03, 0.1, 0.3)},
    "He": {"init": "he", "choose": each("learning_rate", 0.03, 0.1, 0.3)},
    "deeper": {"hidden": [128, 64], "choose": each("learning_rate", 0.03, 0.1, 0.3)},
    "momentum": {
        "optimizer": "momentum", "choose": each("learning_rate", 0.003, 0.01, 0.03),
    },
    "Adam": {"optimizer": "adam", "choose": each("learning_rate", 0.0003, 0.001, 0.003)},
    "learning-rate decay": {
        "decay": True, "choose": each("learning_rate", 0.0003, 0.001, 0.003),
    },
    "L2": {"choose": each("l2", 1e-5, 1e-4, 1e-3)},
    "early stopping": {"early_stopping": True},
}  # fmt: skip

DEEP = {"hidden": [128, 64], "batch_size": 32, "epochs": 10}
CLASSICS = {
    "a. standard normal weights": {
        "hidden": [10], "init": "normal", "batch_size": None, "epochs": 1000, "clip": 1e-9,
        "choose": each("learning_rate", 0.3, 0.5, 0.7),
    },
    "a. weights from ±0.5": {
        "hidden": [10], "init": "uniform", "batch_size": None, "epochs": 1000,
        "learning_rate": 0.1,
    },
    "b. 200 passes, rate 0.3": {
        "hidden": [10], "init": "uniform", "batch_size": None, "epochs": 200,
        "learning_rate": 0.3, "n_valid": 1000,
    },
    "c. configurable layers": {"hidden": [64], "batch_size": 64, "epochs": 5},
    "d. SGD": DEEP | {"learning_rate": 0.01},
    "d. Adam, rate 0.01": DEEP | {"learning_rate": 0.01, "optimizer": "adam"},
    "d. Adam, rate 0.001": DEEP | {"learning_rate": 0.001, "optimizer": "adam"},
    "e. ReLU, He": DEEP | {"batch_size": 64, "learning_rate": 0.1},
    "e. sigmoid, Xavier": DEEP | {
        "batch_size": 64, "learning_rate": 0.5, "activation": "sigmoid", "init": "xavier",
    },
}  # fmt: skip
CLAIMS = {  # row: the figure that its author gives, and which of our columns it is; d: "95 to 98"
    "a. standard normal weights": (0.85, "train_accuracy"),
    "a. weights from ±0.5": (0.85, "train_accuracy"),
    "b. 200 passes, rate 0.3": (0.883, "valid_accuracy"),
    "c. configurable layers": (0.94, "test_accuracy"),
    "d. SGD": (0.95, "test_accuracy"),
    "d. Adam, rate 0.01": (0.95, "test_accuracy"),
    "d. Adam, rate 0.001": (0.95, "test_accuracy"),
    "e. ReLU, He": (None, "test_accuracy"),
    "e. sigmoid, Xavier": (None, "test_accuracy"),
}

SIMARD = {
    "hidden": [800, 800], "batch_size": 100, "epochs": 30, "optimizer": "momentum",
    "learning_rate": 0.05, "decay": True, "affine": [12, 0.12, 0.12, 1], "elastic": [34, 4],
    "clean": 2,
}  # fmt: skip

ABLATION = {  # what is taken away, or added; nothing else is chosen anew
    "everything": {},
    "without elastic": {"elastic": None},
    "without affine": {"affine": None},
    "without any distortion": {"affine": None, "elastic": None},
    "without clean passes": {"clean": 0},
    "without a falling rate": {"decay": False},
    "without momentum": {"optimizer": "sgd", "learning_rate": 0.5},  # steps of the same length
    "with dropout": {"dropout": 0.2},
    "with L2": {"l2": 1e-5},
}

EXPERIMENTS = {  # name: what it asks, its rows, its seeds
    "ladder": {
        "what": "from 85 to 98 per cent, one change a rung",
        "rows": LADDER, "cumulative": True, "seeds": 5,
    },
    "units": {
        "what": "10, 32, 128 and 512 hidden units",
        "rows": {
            f"{n} hidden": {
                "hidden": [n], "optimizer": "momentum", "learning_rate": 0.02, "decay": True,
            }
            for n in (10, 32, 128, 512)
        },
        "seeds": 5, "keep_wrong": True,
    },
    "heatmap": {
        "what": "learning rate against batch size, 3 passes, validation only",
        "rows": {
            f"rate {rate}, batch {size}": {"learning_rate": rate, "batch_size": size, "epochs": 3}
            for rate in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
            for size in (8, 32, 128, 512, 2048, 8192)
        },
        "seeds": 3, "test": False,
    },
    "classics": {
        "what": "five public projects, claimed against reproduced", "rows": CLASSICS, "seeds": 5,
    },
    "simard": {
        "what": "784-800-800-10 on distorted digits: 99.3 per cent",
        "rows": {
            "affine + elastic": SIMARD | {
                "n_valid": 0,
                "choose": [
                    {"affine": [8, 0.08, 0.08, 1], "elastic": [28, 4]},
                    {"affine": [12, 0.12, 0.12, 1], "elastic": [34, 4]},
                    {"affine": [12, 0.12, 0.12, 1], "elastic": [60, 6]},
                    {"affine": [15, 0.18, 0.18, 1], "elastic": [40, 4]},
                ],
            },
        },
        "seeds": 5, "choose_with": {"epochs": 20}, "keep_wrong": True,
    },
    "record": {
        "what": "committees of such networks: how far plain networks go",
        "rows": {
            "committee of 3": SIMARD | {"members": 3, "n_valid": 0},
            "committee of 4, longer": SIMARD | {
                "members": 4, "n_valid": 0,
                "choose": [{"epochs": 30}, {"epochs": 60}, {"epochs": 60, "looks": 5}],
            },
        },
        "seeds": 3, "choose_with": {"members": 1}, "keep_wrong": True,
    },
    "ablation": {
        "what": "each ingredient's share, with 10 passes instead of 30",
        "rows": {row: SIMARD | {"epochs": 10, "n_valid": 0} | c for row, c in ABLATION.items()},
        "seeds": 3,
    },
}  # fmt: skip


def settings_of(name, row, folder=None, before_choice=False):
    """Return the settings of a row, its candidate filled in that did best on validation.

    Parameters
    ----------
    name, row : of the experiment
    folder : where the results of the choices lie
    before_choice : leave the row's own choice open

    Raises
    ------
    ValueError
        Where there is no such row, or the candidates have not been run.
    """
    rows, settings = EXPERIMENTS[name]["rows"], DEFAULTS
    if row not in rows:
        raise ValueError(f"{name} has no row {row!r}: choose one of {', '.join(rows)}.")
    for this, changes in rows.items():
        if not EXPERIMENTS[name].get("cumulative"):
            this, changes, settings = row, rows[row], DEFAULTS
        settings = settings | {k: v for k, v in changes.items() if k != "choose"}
        if this == row and before_choice:
            return settings
        if "choose" in changes:
            settings = settings | best_candidate(name, this, settings, changes["choose"], folder)
        if this == row:
            return settings


def choice_settings(settings, candidate, name):
    """Return what a candidate is tried with: validation images held out, maybe fewer passes."""
    tried = settings | candidate | EXPERIMENTS[name].get("choose_with", {})
    return tried | {"n_valid": settings["n_valid"] or 5000}


def best_candidate(name, row, settings, candidates, folder=None):
    """Return the candidate with the best validation accuracy, the lower loss deciding a tie."""
    table, scores = read(f"{name}_choice", folder), []
    for k, candidate in enumerate(candidates):
        text = as_text(choice_settings(settings, candidate, name))
        found = table[(table["row"] == row) & (table["settings"] == text)]
        if len(found) == 0:
            raise ValueError(
                f"{name}, {row}: its candidates have not been run yet; "
                f"run python -m nnlib.experiments {name} first."
            )
        scores.append((-found["valid_accuracy"].mean(), found["valid_loss"].mean(), k))
    return candidates[min(scores)[2]]


def as_text(settings):
    """Return the settings that differ from DEFAULTS, as they stand in the result files."""
    return json.dumps({k: v for k, v in settings.items() if v != DEFAULTS[k]})


# ------------------------------------------------------------------ one run


def first_weights(settings, seed, dtype):
    """Return the weights that a run begins with."""
    sizes = [784, *settings["hidden"], 10]
    if settings["init"] != "normal":
        return init_params(sizes, settings["init"], seed, dtype)
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 1, (n_in, n_out)).astype(dtype), np.zeros(n_out, dtype))
        for n_in, n_out in zip(sizes[:-1], sizes[1:])
    ]


def gradients(params, X, y, settings, rng):
    """Return the gradients of one batch, with dropout where it is asked for."""
    if settings["dropout"] == 0:
        return backward(
            params, forward(params, X, settings["activation"]), y, settings["activation"]
        )
    masks = dropout_masks(settings["hidden"], len(X), settings["dropout"], rng, X.dtype)
    return backward_dropout(params, forward_dropout(params, X, masks), y, masks)


def fit(settings, seed, digits, passes=iter):
    """Train one network; return its weights and the number of the pass they come from.

    Parameters
    ----------
    settings : dict with the keys of DEFAULTS
    seed : decides weights, batches, distortions and dropout
    digits : Digits; its test images are not touched
    passes : what to wrap the range of passes in: a progress bar

    Notes
    -----
    The loop of `nnlib.train`: with plain settings, the weights are the same to the last bit.
    """
    s, X, y, rng = settings, digits.X_train, digits.y_train, np.random.default_rng(seed)
    params, step, state = first_weights(s, seed, X.dtype), 0, {}
    steps = s["epochs"] * -(-len(X) // (s["batch_size"] or len(X)))
    kept, kept_epoch, best = params, s["epochs"], -1.0
    for epoch in passes(range(1, s["epochs"] + 1)):
        distorted = (s["affine"] or s["elastic"]) and epoch <= s["epochs"] - s["clean"]
        for rows in batches(len(X), s["batch_size"], rng):
            images = distort(X[rows], rng, s["affine"], s["elastic"]) if distorted else X[rows]
            grads = gradients(params, images, y[rows], s, rng)
            if s["l2"] > 0:
                grads = add_l2(params, grads, s["l2"])
            rate = s["learning_rate"]
            if s["decay"]:
                rate = decayed_rate(rate, step, steps)
            OPTIMIZERS[s["optimizer"]](params, grads, rate, state)
            step += 1
        if s["early_stopping"]:
            y_hat = forward(params, digits.X_valid, s["activation"])[-1].argmax(axis=1)
            if accuracy(digits.y_valid, y_hat) > best:
                best, kept_epoch = accuracy(digits.y_valid, y_hat), epoch
                kept = [(W.copy(), b.copy()) for W, b in params]
    return kept, kept_epoch


def fit_members(settings, seed, processes, show=False):
    """Train a committee's members, several at a time, one thread each; return what `fit` does."""
    n, spawn = settings["members"], multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(n, processes), spawn) as pool:
        waiting = [pool.submit(fit_one, settings, seed * n + i) for i in range(n)]
        for _ in bar(f"seed {seed}", as_completed(waiting), "member", n) if show else waiting:
            pass
    return [member.result() for member in waiting]


def fit_one(settings, seed):
    """Train one network in a process of its own, which loads the images for itself."""
    with thread_limit(1), np.errstate(all="ignore"):
        return fit(settings, seed, mnist(settings["n_valid"]))


@functools.lru_cache(1)
def mnist(n_valid):
    """Return full MNIST with n_valid validation images; 0: all 60,000 to train, none to choose."""
    if n_valid > 0:
        return load_digits("mnist", n_valid)
    d = load_digits("mnist")
    X, y = np.concatenate([d.X_train, d.X_valid]), np.concatenate([d.y_train, d.y_valid])
    return Digits(X, y, X[:0], y[:0], d.X_test, d.y_test, d.name)


def beliefs(members, X, settings):
    """Return what a committee believes, the mean over so many looks at each image."""
    moves = LOOKS[: settings["looks"]]
    looks = [committee(members, shift_images(X, *move), settings["activation"]) for move in moves]
    return sum(looks) / len(looks)


def measure(members, X, y, settings):
    """Return loss, accuracy and answers of a committee of one or more; None where X is empty."""
    if len(X) == 0:
        return None, None, None
    pieces = np.split(X, range(5000, len(X), 5000))
    if len(members) == settings["looks"] == 1 and settings["clip"] == 0:
        Z = np.concatenate([forward(members[0], x, settings["activation"])[-1] for x in pieces])
        return float(cross_entropy(Z, y)), accuracy(y, Z.argmax(axis=1)), Z.argmax(axis=1)
    P = np.concatenate([beliefs(members, x, settings) for x in pieces])
    lowest = settings["clip"] or np.finfo(P.dtype).tiny
    loss = -np.log(np.maximum(P[np.arange(len(y)), y], lowest)).mean()
    return float(loss), accuracy(y, P.argmax(axis=1)), P.argmax(axis=1)


def run(settings, seed, test=True, threads=1, show=False):
    """Do one run: train, measure, open the test images once.

    Returns
    -------
    result : dict, a row of the CSV file
    wrong : dict with the numbers of the test images it got wrong ("index") and what it said
        ("answer"); empty where `test` is False
    """
    digits = mnist(settings["n_valid"])
    n, start = settings["members"], time.perf_counter()
    passes = functools.partial(bar, f"seed {seed}") if show else iter
    with thread_limit(threads), np.errstate(all="ignore"):  # a run that overflows shows in its loss
        if n > 1 and threads > 1:  # a processor for each member pays better than two for one
            fitted = fit_members(settings, seed, threads, show)
        else:
            fitted = [fit(settings, seed * n + i, digits, passes) for i in range(n)]
        seconds = time.perf_counter() - start
        members = [params for params, _ in fitted]
        first = [first_weights(settings, seed * n, digits.X_train.dtype)]
        X, y = digits.X_train, digits.y_train
        first_loss, first_accuracy, _ = measure(first, X[:5000], y[:5000], settings)
        loss, train_accuracy, _ = measure(members, X, y, settings)
        valid_loss, valid_accuracy, _ = measure(members, digits.X_valid, digits.y_valid, settings)
        test_accuracy, alone, wrong = None, [], {}
        if test:
            _, test_accuracy, y_hat = measure(members, digits.X_test, digits.y_test, settings)
            index = np.flatnonzero(y_hat != digits.y_test)
            wrong = {"index": index.tolist(), "answer": y_hat[index].tolist()}
            alone = [measure([m], digits.X_test, digits.y_test, settings)[1] for m in members]
    batch_size = settings["batch_size"] or len(X)
    result = {
        "seed": seed, "steps": n * settings["epochs"] * -(-len(X) // batch_size),
        "kept_epoch": fitted[0][1],
        "first_loss": first_loss, "first_accuracy": first_accuracy,
        "train_loss": loss, "valid_loss": valid_loss, "train_accuracy": train_accuracy,
        "valid_accuracy": valid_accuracy, "test_accuracy": test_accuracy,
        "seconds": round(seconds, 1), "threads": threads, "load": load(),
    }  # fmt: skip
    if n > 1 and test:
        result["alone_accuracy"] = float(np.mean(alone))  # of its members, each by itself
    return {k: round(v, 6) if isinstance(v, float) else v for k, v in result.items()}, wrong


def load():
    """Return how many processes wanted a processor in the last minute, where the system tells."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def bar(text, items=None, unit="pass", total=None):
    """Return a progress bar over `items`, or one to be moved by hand."""
    from tqdm.auto import tqdm

    off = progress_bars_off() or total == 0
    return tqdm(items, desc=text, unit=unit, total=total, leave=False, disable=off)


# ------------------------------------------------------------------ files


def results_folder():
    """Return the folder of the result files: notebooks/results of the checkout, else results."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "notebooks").is_dir():
        return checkout / "notebooks" / "results"
    return Path("results")


def read(name, folder=None):
    """Return the finished runs of an experiment as a DataFrame, one a row; maybe with none."""
    import pandas as pd

    path = Path(folder or results_folder()) / f"{name}.csv"
    if not path.is_file():
        return pd.DataFrame(columns=["row", "seed", "settings"])
    return pd.read_csv(path, dtype={"row": str, "settings": str})


def write(name, table, folder=None):
    """Write a DataFrame to NAME.csv, whole or not at all."""
    with written_whole(Path(folder or results_folder()) / f"{name}.csv") as file:
        file.write(table.to_csv(index=False, lineterminator="\n").encode())


def read_wrong(name, folder=None):
    """Return {row: {seed: {"index": …, "answer": …}}}: the test images each run got wrong."""
    path = Path(folder or results_folder()) / f"{name}_wrong.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def keep(file, row, settings, result, wrong, folder, with_wrong=False):
    """Add one finished run to its file, in place of an older one of the same row and seed."""
    import pandas as pd

    text = as_text(settings)
    new = pd.DataFrame([{"row": row, "settings": text, **result}])
    old = read(file, folder)
    if with_wrong:
        table = read_wrong(file, folder)
        table.setdefault(row, {})[str(result["seed"])] = wrong
        with written_whole(Path(folder or results_folder()) / f"{file}_wrong.json") as out:
            out.write((json.dumps(table, ensure_ascii=False) + "\n").encode())
    same = (old["row"] == row) & (old["seed"] == result["seed"]) & (
        (old["settings"] == text) | (not file.endswith("_choice"))
    )  # fmt: skip
    old = old[~same]
    write(file, pd.concat([old, new], ignore_index=True) if len(old) else new, folder)


def done(file, row, settings, seed, folder):
    """Return True where this run, with these very settings, is in the file."""
    table = read(file, folder)
    same = (table["row"] == row) & (table["seed"] == seed)
    return bool((same & (table["settings"] == as_text(settings))).any())


# ------------------------------------------------------------------ for the notebook


def recompute(name, row, seed=0, threads=1, folder=None):
    """Do one run of a table again; return its result, to be held against the stored one."""
    settings = settings_of(name, row, folder)
    return run(settings, seed, EXPERIMENTS[name].get("test", True), threads)[0]


def summary(name, folder=None):
    """Return a DataFrame with a line for each row: seeds, mean and sd of every accuracy.

    The column `gap` is training minus validation accuracy.
    """
    import pandas as pd

    table, lines = read(name, folder), []
    for row in EXPERIMENTS[name]["rows"]:
        runs = table[table["row"] == row]
        if len(runs) == 0:
            continue
        line = {"row": row, "seeds": len(runs)}
        for part in ("train_accuracy", "valid_accuracy", "test_accuracy"):
            line[part], line[f"{part}_sd"] = runs[part].mean(), runs[part].std()
        line["gap"] = line["train_accuracy"] - line["valid_accuracy"]
        for part in ("first_loss", "train_loss", "valid_loss", "steps", "seconds"):
            line[part] = runs[part].mean()
        lines.append(line)
    return pd.DataFrame(lines)


def with_settings(runs):
    """Return a DataFrame of runs, as `read` returns it, with a column for each setting."""
    import pandas as pd

    settings = [DEFAULTS | json.loads(text) for text in runs["settings"]]
    columns = pd.DataFrame(settings, index=runs.index, columns=list(DEFAULTS))
    return pd.concat([runs.drop(columns="settings"), columns], axis=1)


def claims(folder=None):
    """Return a DataFrame: what each classic claims, and the mean and sd of ours beside it."""
    import pandas as pd

    lines, table = [], summary("classics", folder)
    for row, (claimed, column) in CLAIMS.items():
        for _, line in table[table["row"] == row].iterrows():
            lines.append(
                {
                    "row": row,
                    "measured on": column.removesuffix("_accuracy"),
                    "claimed": claimed,
                    "reproduced": line[column],
                    "sd": line[f"{column}_sd"],
                    "seeds": line["seeds"],
                    "reached": None if claimed is None else bool(line[column] >= claimed),
                }
            )
    return pd.DataFrame(lines)


# ------------------------------------------------------------------ the command line


def compute(name, options):
    """Run what is missing of an experiment: each row's candidates, then its seeds."""
    table = EXPERIMENTS[name]
    seeds = range(table["seeds"]) if options.seeds is None else options.seeds
    options.results.mkdir(parents=True, exist_ok=True)
    rows = [row for row in table["rows"] if options.rows is None or options.rows in row]
    if not rows:
        raise ValueError(f"{name} has no row with {options.rows!r} in its name.")
    ready = []
    for row in table["rows"] if table.get("cumulative") else rows:
        candidates = table["rows"][row].get("choose", [])
        if candidates:
            plain = settings_of(name, row, options.results, before_choice=True)
            tried = [choice_settings(plain, candidate, name) for candidate in candidates]
            work([(f"{name}_choice", row, s, CHOICE_SEED, False) for s in tried], options)
        if row in rows:
            settings = settings_of(name, row, options.results)
            ready += [(name, row, settings, seed, table.get("test", True)) for seed in seeds]
    work(ready, options)


def work(tasks, options):
    """Do the tasks that are not done, here or in several processes, and keep each result."""
    tasks = [t for t in tasks if options.force or not done(*t[:4], options.results)]
    with bar(tasks[0][0] if tasks else "", unit="run", total=len(tasks)) as runs:
        if options.jobs == 1:
            for file, row, settings, seed, test in tasks:
                result = run(settings, seed, test, options.threads, show=True)
                finish(file, row, settings, *result, options, runs)
            return
        with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
            waiting = {
                pool.submit(run, settings, seed, test, options.threads): (file, row, settings)
                for file, row, settings, seed, test in tasks
            }
            for future in as_completed(waiting):
                finish(*waiting[future], *future.result(), options, runs)


def finish(file, row, settings, result, wrong, options, runs):
    """Keep one result and say it in a line."""
    name = file.removesuffix("_choice")
    with_wrong = EXPERIMENTS[name].get("keep_wrong", False) and file == name
    keep(file, row, settings, result, wrong, options.results, with_wrong)
    parts = [
        f"{part} {result[part + '_accuracy']:.4f}"
        for part in ("train", "valid", "test")
        if result[part + "_accuracy"] is not None
    ]
    runs.write(
        f"{file} | {row} | seed {result['seed']} | {', '.join(parts)} | {result['seconds']} s"
    )
    sys.stdout.flush()
    runs.update()


def overview(folder):
    """Print the experiments, and how many of their runs are in the result files."""
    for name, table in EXPERIMENTS.items():
        runs = len(table["rows"]) * table["seeds"]
        finished = sum(len(read(name, folder).query("row == @row")) for row in table["rows"])
        print(f"{name:<10} {len(table['rows']):>3} rows x {table['seeds']} seeds, "
              f"{finished:>3} of {runs} runs done: {table['what']}")  # fmt: skip


def build_parser():
    """Return the parser of the command line's options."""
    parser = argparse.ArgumentParser(
        prog="python -m nnlib.experiments",
        description="Lab 8's long experiments on full MNIST. Finished runs are kept, one by one, "
        "and not done again.",
    )
    option = parser.add_argument
    option("name", choices=["list", "all", *EXPERIMENTS], help="which; or list them, or do all")
    option("--rows", metavar="TEXT", help="only rows with this in their name")
    option("--seeds", type=int, nargs="+", metavar="N", help="these seeds instead of the table's")
    option("--force", action="store_true", help="do finished runs again as well")
    option("--jobs", type=int, default=1, metavar="N", help="runs at a time (default: 1)")
    option(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="processors a run; more than 1 pays for wide networks, and in a committee each "
        "trains a member (default: 1)",
    )
    option(
        "--results",
        type=Path,
        default=results_folder(),
        metavar="FOLDER",
        help="where the result files lie (default: notebooks/results)",
    )
    return parser


def main(arguments=None):
    """Run the command line; return the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        check_count("--jobs", options.jobs)
        check_count("--threads", options.threads)
        if options.name == "list":
            overview(options.results)
            return 0
        for name in EXPERIMENTS if options.name == "all" else [options.name]:
            compute(name, options)
            columns = ["row", "seeds", "valid_accuracy", "test_accuracy", "test_accuracy_sd"]
            print(summary(name, options.results)[columns].to_string(index=False))
        return 0
    except (ValueError, OSError) as error:
        print(f"python -m nnlib.experiments: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("python -m nnlib.experiments: interrupted; finished runs are kept.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
