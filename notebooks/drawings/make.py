"""Draw the digits in this folder: ``python notebooks/drawings/make.py [FOLDER [AGAIN]]``.

Nobody wrote them: each is a skeleton of lines and arcs, bent a little at random, inked with a
round pen, and put on a page in one of twelve ways. None of MNIST's pixels is in them. A file is
called by its digit and its kind, as in 7_european_2.png. With the Pillow of requirements.txt the
files come out the same to the byte. Another number in place of AGAIN, which is 0, gives 130
drawings of the same kinds by other hands.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent
SIDE, FINE = 140, 4  # pixels of a page; drawn four times as fine


def arc(x, y, rx, ry, start, end, n=24):
    """Return points of an arc around (x, y); angles in degrees, 0 to the right, 90 downwards."""
    angle = np.radians(np.linspace(start, end, n))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def line(*points, n=12):
    """Return points along straight lines from each point to the next."""
    pairs = zip(points[:-1], points[1:])
    return np.concatenate([np.linspace(a, b, n) for a, b in pairs])


def join(*parts):
    """Return one stroke that runs through all parts."""
    return np.concatenate(parts)


SKELETONS = {  # strokes in a box from (0, 0) at the top left to (1, 1)
    "0": [arc(0.5, 0.5, 0.36, 0.5, -80, 280, 48)],
    "1": [line((0.5, 0), (0.5, 1))],
    "2": [join(arc(0.5, 0.28, 0.36, 0.28, 195, 390), line((0.78, 0.5), (0.12, 1), (0.9, 1)))],
    "3": [join(arc(0.45, 0.25, 0.33, 0.25, 205, 440), arc(0.45, 0.74, 0.38, 0.26, -85, 150))],
    "4": [line((0.55, 0), (0.08, 0.65), (0.95, 0.65)), line((0.72, 0.3), (0.68, 1))],
    "5": [join(line((0.22, 0), (0.18, 0.45)), arc(0.45, 0.69, 0.38, 0.31, 225, 500)),
          line((0.22, 0), (0.85, 0.02))],
    "6": [join(arc(0.85, 0.62, 0.7, 0.64, 250, 180), arc(0.5, 0.7, 0.34, 0.3, 180, -180))],
    "7": [line((0.08, 0.02), (0.9, 0), (0.4, 1))],
    "8": [join(arc(0.5, 0.25, 0.29, 0.25, 90, -270), arc(0.5, 0.75, 0.36, 0.25, -90, 270))],
    "9": [join(arc(0.5, 0.28, 0.33, 0.28, 0, -360), line((0.83, 0.28), (0.72, 1)))],
    "1 with an upstroke": [line((0.15, 0.38), (0.55, 0), (0.55, 1))],
    "7 with a bar": [line((0.08, 0.02), (0.9, 0), (0.4, 1)), line((0.3, 0.5), (0.82, 0.48))],
}  # fmt: skip


def bent(strokes, rng, slant=0.0):
    """Return the strokes as a hand would bend them: turned, stretched, slanted, and unsteady."""
    turn, width, height = rng.normal(0, 0.08), rng.uniform(0.7, 1), rng.uniform(0.9, 1)
    slant = slant + rng.normal(0, 0.08)
    matrix = np.array([[width, turn], [-slant - turn, height]])
    waves = rng.normal(0, 0.025, (2, 2))
    return [
        (points - 0.5) @ matrix
        + waves[0] * np.sin(2 * np.pi * points[:, ::-1])
        + waves[1] / 2 * np.sin(4 * np.pi * points[:, ::-1])
        for points in strokes
    ]


def inked(strokes, pen, size=90, centre=(70, 70)):
    """Return ink, shape (SIDE, SIDE), from 0 to 1: the strokes drawn with a round pen."""
    image = Image.new("L", (SIDE * FINE, SIDE * FINE))
    draw, r = ImageDraw.Draw(image), pen * FINE / 2
    for points in strokes:
        places = [tuple(p) for p in (points * size + centre) * FINE]
        draw.line(places, fill=255, width=round(2 * r))
        for x, y in places:
            draw.ellipse([x - r, y - r, x + r, y + r], fill=255)
    return np.asarray(image.resize((SIDE, SIDE), Image.BOX)) / 255


def plain(pen=8.0, **options):
    """Return a kind of page: black on white, with this pen, size and place."""
    slant = options.pop("slant", 0.0)

    def draw(name, rng):
        return 1 - inked(bent(SKELETONS[name], rng, slant), pen, **options)

    return draw


def on_grey(name, rng):
    """Draw with a pencil on grey, grainy paper."""
    ink = inked(bent(SKELETONS[name], rng), 7)
    return 0.7 - 0.3 * ink * rng.uniform(0.5, 1, ink.shape) + rng.normal(0, 0.01, ink.shape)


def lined(name, rng):
    """Write in blue-black ink on lined paper."""
    page = 0.95 - 0.75 * inked(bent(SKELETONS[name], rng), 7)
    page[rng.integers(4, 20) :: 20] -= 0.2
    return page + rng.normal(0, 0.01, page.shape)


def inverted(name, rng):
    """Write in white chalk on a dark board."""
    return 0.15 + 0.8 * inked(bent(SKELETONS[name], rng), 9)


def shadow(name, rng):
    """Photograph it with the shadow of a hand across it."""
    page = 0.92 - 0.72 * inked(bent(SKELETONS[name], rng), 8)
    angle, i = rng.uniform(0, 2 * np.pi), np.linspace(-1, 1, SIDE)
    across = np.cos(angle) * i[:, None] + np.sin(angle) * i + rng.uniform(-0.3, 0.3)
    light = 0.5 + 0.5 / (1 + np.exp(-across / 0.05))
    return page * light + rng.normal(0, 0.01, page.shape)


def blurred(name, rng):
    """Photograph it out of focus, lit from one side."""
    page = 0.9 - 0.7 * inked(bent(SKELETONS[name], rng), 9)
    soft = as_image(page).filter(ImageFilter.GaussianBlur(3))
    light = np.linspace(1, rng.uniform(0.6, 0.8), SIDE)
    return np.asarray(soft) / 255 * light + rng.normal(0, 0.01, page.shape)


KINDS = {  # kind: the page, and the file's ending
    "plain": (plain(), "png"),
    "thick": (plain(pen=17), "png"),
    "thin": (plain(pen=2), "png"),
    "slanted": (plain(slant=0.5), "gif"),
    "small": (plain(pen=3.5, size=26), "png"),
    "corner": (plain(pen=5, size=44, centre=(32, 104)), "tif"),
    "grey": (on_grey, "webp"),
    "lined": (lined, "jpg"),
    "inverted": (inverted, "png"),
    "alpha": (plain(), "png"),
    "shadow": (shadow, "jpg"),
    "blurred": (blurred, "jpg"),
}


def as_image(page):
    """Return a page from 0 to 1 as a grey Pillow image."""
    return Image.fromarray(np.round(255 * np.clip(page, 0, 1)).astype(np.uint8))


def save(page, path):
    """Write a page; one called alpha keeps its ink only: black, and transparent elsewhere."""
    image = as_image(page)
    if "alpha" in path.name:
        black = Image.new("L", image.size)
        image = Image.merge("LA", (black, as_image(1 - page)))
    options = {"jpg": {"quality": 75}, "webp": {"quality": 75}, "tif": {"compression": "tiff_lzw"}}
    image.save(path, **options.get(path.suffix[1:], {}))


def make(folder, again=0):
    """Draw all of them; by other hands for each number `again` (NumPy takes a last 0 for none)."""
    folder.mkdir(parents=True, exist_ok=True)
    for k, (kind, (draw, ending)) in enumerate(KINDS.items()):
        for digit in range(10):
            page = draw(str(digit), np.random.default_rng([k, digit, again]))
            save(page, folder / f"{digit}_{kind}.{ending}")
    for k, name in enumerate(("1 with an upstroke", "7 with a bar")):
        for hand in range(5):
            page = plain(pen=7)(name, np.random.default_rng([100, k, hand, again]))
            save(page, folder / f"{name[0]}_european_{hand}.png")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE, *map(int, sys.argv[2:3]))
