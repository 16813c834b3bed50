"""Plumbing: images without labels: a table of pixels in, a table of answers out.

The form is Kaggle's: ``test.csv`` has a line of names, pixel0 to pixel783, and an image a row; the
answers are ``ImageId,Label``, counted from 1.
"""

from nnlib.plumbing.forms import Refused, leaves
from nnlib.plumbing.table import read_table
from nnlib.plumbing.writing import short, sound_path, written_whole


def read_pixels(path, n=784):
    """Read a table of images without labels: n pixels a row, a line of names or none.

    Parameters
    ----------
    path : of such a table, packed or not, in any form that data/README.md lists
    n : how many pixels an image has

    Returns
    -------
    pixels : shape (m, n), uint8, 0…255; float32 where the table has shares of 1

    Raises
    ------
    ValueError
        Where it is no such table.
    OSError
        Where it can't be read.
    """
    path = sound_path(path).expanduser()
    if path.is_dir() or not path.exists():
        raise FileNotFoundError(
            f"There is no file {short(path)}: give the path of a table of images."
        )

    with leaves(path, short(path)) as found:
        leaf = found[0]
        if len(found) > 1 or leaf.kind not in ("table", "text"):
            raise Refused(leaf.why if len(found) == 1 else f" holds {len(found)} files, not one")
        return read_table(leaf, 0, n)[0]


def write_answers(path, y_hat):
    """Write answers as Kaggle wants them, ``ImageId,Label`` from 1, whole or not at all."""
    lines = [f"{image},{answer}" for image, answer in enumerate(y_hat, 1)]
    with written_whole(path) as file:
        file.write("\n".join(["ImageId,Label", *lines, ""]).encode())
