"""What distortions are worth on drawings: ``python notebooks/drawings/distorted.py``.

Trains 784-128-64-10 on full MNIST by lab 10's recipe, with its distortions and without, ten seeds
of each: the same first weights, passes and rate. Each network reads MNIST's test images, the 130
drawings of this folder, 2,600 more by other hands, and test digits on tilted pages. Takes about
ten minutes of one processor; writes notebooks/results/drawings.csv, which lab 10 shows.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

if not __package__:  # started as a file: `drawings` and `experiments` lie in the folder above
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import nnlib  # noqa: E402
from drawings import make, measure  # noqa: E402
from experiments import fit, tables  # noqa: E402

RESULTS = measure.HERE.parent / "results" / "drawings.csv"
SEEDS, AGAIN = 10, 20  # networks of each kind; times that all is drawn anew
SETTINGS = tables.DEFAULTS | tables.SIMARD | {"hidden": [128, 64], "n_valid": 0}
TRAINED = {"as they are": SETTINGS | {"affine": None, "elastic": None}, "distorted": SETTINGS}
TILTS = (0, 5, 10, 15, 20, 30)  # degrees


def tilted(degrees):
    """Return a kind of page: a test image, turned to one side or the other; around it is white."""

    def draw(x, rng):
        page = measure.as_image(measure.on_paper(x))
        return page.rotate(degrees * rng.choice([-1, 1]), Image.BICUBIC, fillcolor=255)

    return draw


def drawn(folder):
    """Return a folder's drawings: images, labels, and of each the groups that it belongs to."""
    X, names = nnlib.read_images(folder)
    kinds = [measure.kind_of(name) for name in names]
    groups = [[k] if "european" in k else [k, f"digit {n[0]}"] for k, n in zip(kinds, names)]
    return X, np.array([int(name[0]) for name in names]), groups


def more():
    """Return what `drawn` does, of all drawings made anew, again and again."""
    rounds = []
    for again in range(1, AGAIN + 1):
        with tempfile.TemporaryDirectory() as folder:
            make.make(Path(folder), again)
            rounds.append(drawn(folder))
    X, y, groups = zip(*rounds)
    return np.concatenate(X), np.concatenate(y), sum(groups, [])


def pages(X, y):
    """Return what `drawn` does, of test digits on pages tilted by TILTS."""
    read = [measure.read_back(tilted(degrees), X) for degrees in TILTS]
    return np.concatenate(read), np.tile(y, len(TILTS)), [[f"by {d}°"] for d in TILTS for _ in y]


def everything(digits):
    """Return all that is read: a dict of images, labels and groups, by set."""
    X, y, second = digits.X_test, digits.y_test, slice(5000, None, measure.EVERY)
    return {
        "MNIST": (X, y, [["test images"] for _ in y]),
        "drawings": drawn(measure.HERE),
        "more drawings": more(),
        "tilted": pages(X[second].astype(float), y[second]),
    }


def count(params, sets):
    """Return rows of set, group, how many are read right, and how many there are.

    The set "european 1" says instead as what the European ones of the drawings made anew are read.
    """
    rows = []
    for name, (X, y, groups) in sets.items():
        y_hat = nnlib.predict(params, X)
        for group in dict.fromkeys(g for mine in groups for g in mine):
            here = np.array([group in mine for mine in groups])
            rows.append((name, group, int((y_hat == y)[here].sum()), int(here.sum())))
    X, _, groups = sets["more drawings"]
    ones = X[[mine == ["european 1"] for mine in groups]]
    answers = np.bincount(nnlib.predict(params, ones), minlength=10)
    return rows + [("european 1", f"as {k}", int(n), len(ones)) for k, n in enumerate(answers)]


def main(seeds=range(SEEDS), results=RESULTS):
    """Train, read, write the table."""
    nnlib.limit_threads(1)
    digits, found = fit.digits_of(SETTINGS), []
    sets = everything(digits)
    for seed in seeds:
        for name, settings in TRAINED.items():
            params, _ = fit.fit(settings, seed, digits)
            rows = count(params, sets)
            found += [(name, seed, *row) for row in rows]
            print(name, seed, *(f"{what} {n} of {of}," for _, what, n, of in rows), flush=True)
    columns = ["trained", "seed", "set", "what", "count", "of"]
    pd.DataFrame(found, columns=columns).to_csv(results, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
