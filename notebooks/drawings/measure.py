"""Measure how well pages are read: ``python notebooks/drawings/measure.py``.

Trains 784-128-64-10 on full MNIST (half a minute), puts MNIST's test digits on pages of twelve
kinds, reads them back by nnlib.read_image, and counts the right answers; reads the drawings in this
folder; sends the 10,000 test images through once more. Writes notebooks/results/own_digit.csv,
which lab 9 shows.
"""

import io
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

import nnlib
from nnlib.labs.own_digit import centre_of_mass, normalise

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "own_digit.csv"
EVERY = 5  # of the second 5,000 test images, which are the cleaner ones: 1,000 digits


def large(x, side=280):
    """Return a test image as ink of `side` pixels, with smooth, sharp outlines."""
    image = Image.fromarray(np.uint8(255 * x.reshape(28, 28)))
    ink = np.asarray(image.resize((side, side), Image.BICUBIC)) / 255
    return np.clip((ink - 0.4) * 5 + 0.5, 0, 1)


def on_paper(x, side=400, size=280):
    """Return a page with the digit in the middle, and a margin."""
    page, margin = np.ones((side, side)), (side - size) // 2
    page[margin : margin + size, margin : margin + size] -= 0.8 * large(x, size)
    return page


def grained(page, rng, sigma=0.015):
    """Add a camera's grain."""
    return page + rng.normal(0, sigma, page.shape)


def slope(rng, n=400):
    """Return pixels' places across a page, in a random direction, from about −1 to 1."""
    angle, i = rng.uniform(0, 2 * np.pi), np.linspace(-1, 1, n)
    return np.cos(angle) * i[:, None] + np.sin(angle) * i


def as_image(page):
    """Return a page from 0 to 1 as a grey Pillow image."""
    return Image.fromarray(np.round(255 * np.clip(page, 0, 1)).astype(np.uint8))


def black_on_white(x, rng):
    """Draw with a black pen on white paper."""
    return 1 - large(x)


def white_on_black(x, rng):
    """Draw in white on black."""
    return large(x)


def transparent(x, rng):
    """Draw in black on nothing, as drawing programs do."""
    ink = as_image(large(x))
    return Image.merge("LA", (Image.new("L", ink.size), ink))


def cropped(x, rng):
    """Cut the page along the digit."""
    ink = large(x)
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    return 1 - ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def in_a_corner(x, rng):
    """Draw small, in the corner of a large page."""
    page = np.ones((420, 560))
    page[8:92, 20:104] -= large(x, 84)
    return page


def low_contrast(x, rng):
    """Draw in grey on a little brighter grey."""
    return 0.72 - 0.1 * large(x)


def pencil(x, rng):
    """Draw with a pencil: paler, and grainy."""
    grain = as_image(rng.random((140, 140))).resize((280, 280), Image.BICUBIC)
    return grained(0.95 - 0.5 * large(x) * (0.35 + 0.65 * np.asarray(grain) / 255), rng)


def blurred(x, rng):
    """Photograph it out of focus."""
    soft = as_image(1 - large(x)).filter(ImageFilter.GaussianBlur(8))
    return grained(np.asarray(soft) / 255, rng)


def uneven_light(x, rng):
    """Photograph it with light from one side."""
    return grained(on_paper(x) * (0.65 + 0.2 * slope(rng)), rng)


def shadow(x, rng):
    """Photograph it with a shadow across it."""
    across = slope(rng) + rng.uniform(-0.4, 0.4)
    return grained(0.9 * on_paper(x) * (0.45 + 0.55 / (1 + np.exp(-across / 0.04))), rng)


def lined(x, rng):
    """Write on lined paper."""
    page, start = 0.97 * on_paper(x), rng.integers(0, 40)
    page[start::40] *= 0.75
    page[start + 1 :: 40] *= 0.75
    return grained(page, rng)


def phone(x, rng):
    """Photograph it with uneven light, soft and grainy, and squeeze it into a small JPEG."""
    file = io.BytesIO()
    soft = as_image(uneven_light(x, rng)).filter(ImageFilter.GaussianBlur(2))
    soft.save(file, "JPEG", quality=40)
    return Image.open(file)


KINDS = (
    black_on_white, white_on_black, transparent, cropped, in_a_corner, low_contrast,
    pencil, blurred, uneven_light, shadow, lined, phone,
)  # fmt: skip


def read_back(kind, X):
    """Return images X put on pages of one kind and read again; a refused page comes as zeros."""
    rng, read = np.random.default_rng(0), []
    for x in X:
        page = kind(x, rng)
        try:
            read.append(nnlib.read_image(as_image(page) if isinstance(page, np.ndarray) else page))
        except ValueError:
            read.append(np.zeros((1, 784)))
    return np.concatenate(read)


def moved(X):
    """Return how far each image's centre of mass moves, in pixels, when it is put through again."""
    pairs = ((x.reshape(28, 28), normalise(x.reshape(28, 28)).reshape(28, 28)) for x in X)
    return np.array([np.abs(np.subtract(centre_of_mass(a), centre_of_mass(b))).max()
                     for a, b in pairs])  # fmt: skip


def kind_of(name):
    """Return the kind of drawing that a file's name says; European digits one by one."""
    kind = name.split("_")[1].split(".")[0]
    return f"{kind} {name[0]}" if kind == "european" else kind


def main():
    """Train, measure, write the table."""
    nnlib.limit_threads(1)
    digits, rows = nnlib.load_digits("mnist"), []
    params = nnlib.init_params([784, 128, 64, 10], dtype=np.float32)
    params = nnlib.train(params, digits, 0.1, batch_size=32, epochs=20).params

    def count(what, X, y):
        rows.append((what, int((nnlib.predict(params, X) == y).sum()), len(y)))
        print(*rows[-1], flush=True)

    X, y = digits.X_test.astype(float), digits.y_test
    count("MNIST's test images", X, y)
    through = np.concatenate([normalise(x.reshape(28, 28)) for x in X])
    count("MNIST's test images, put through again", through, y)
    rows.append(
        ("put through again: moved by less than 1 pixel", int((moved(X) < 1).sum()), len(y))
    )
    rows.append(("put through again: moved by less than 0.1", int((moved(X) < 0.1).sum()), len(y)))
    X, y = X[5000::EVERY], y[5000::EVERY]
    count("digits for the pages", X, y)
    for kind in KINDS:
        count(f"page: {kind.__name__.replace('_', ' ')}", read_back(kind, X), y)
    X, names = nnlib.read_images(HERE)
    kinds = np.array([kind_of(name) for name in names])
    y = np.array([int(name[0]) for name in names])
    for kind in dict.fromkeys(kinds):
        count(f"drawing: {kind}", X[kinds == kind], y[kinds == kind])
    pd.DataFrame(rows, columns=["what", "right", "of"]).to_csv(RESULTS, index=False)


if __name__ == "__main__":
    main()
