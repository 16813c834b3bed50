"""Plumbing: images without labels: a table of pixels in, a table of answers out.

The form is Kaggle's: ``test.csv`` has a line of names, pixel0 to pixel783, and an image a row; the
answers are ``ImageId,Label``, counted from 1.
"""

import gzip
import zipfile
import zlib

import numpy as np

from nnlib.plumbing.table import CHUNK, as_bytes, check_packing, is_header, number
from nnlib.plumbing.writing import reason, short, sound_path, written_whole


def read_pixels(path, n=784):
    """Read a table of images without labels: n pixels 0…255 a row, a line of names or none.

    Parameters
    ----------
    path : .csv, .csv.gz or .zip (with one CSV in it)
    n : how many pixels an image has

    Returns
    -------
    pixels : uint8, shape (m, n)

    Raises
    ------
    ValueError
        Where it is no such table.
    OSError
        Where it can't be read.
    """
    import pandas as pd

    path = sound_path(path)
    where = short(path)
    if path.is_dir() or not path.exists():
        raise FileNotFoundError(f"There is no file {where}: give the path of a table of images.")
    try:
        check_packing(path)
        return read_rows(path, n)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{where} is empty: {n} pixels a row are needed.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{where} is not a text file: a CSV of pixels is needed.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile):
        raise ValueError(f"{where} is damaged or incomplete: fetch it again.") from None
    except OSError as error:
        raise OSError(f"{where} can't be read: {reason(error)}.") from None


def read_rows(path, n):
    """Return the rows of a table as uint8; raise a ValueError where they are no pixels."""
    import pandas as pd

    first = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False).iloc[0]
    if len(first) != n:
        labels = ": with labels, leave --answers out, and they are measured"
        raise ValueError(
            f"{short(path)}: its first line has {len(first)} values, not the {n} pixels that an "
            f"image has here{labels if len(first) == n + 1 else ''}."
        )
    names = is_header(list(first))
    try:
        options = {"header": 0 if names else None, "dtype": np.int64, "chunksize": CHUNK}
        with pd.read_csv(path, **options) as parts:
            rows = np.concatenate([as_bytes(part) for part in parts])
        if not len(rows):
            raise ValueError
        return rows
    except (ValueError, OverflowError):
        raise ValueError(f"{short(path)}{first_fault(path, n, names)}") from None


def first_fault(path, n, names):
    """Return what is wrong with the first row that doesn't hold n bytes, and which that is."""
    import csv

    import pandas as pd

    row = 0
    with pd.io.common.get_handle(path, "r", encoding="utf-8-sig", compression="infer") as handles:
        for cells in csv.reader(handles.handle):
            row += 1
            if row == 1 and names or not cells:
                continue
            if len(cells) != n:
                return f", line {row}: {len(cells)} values instead of {n}."
            for column, cell in enumerate(cells, 1):
                if not (number(cell).is_integer() and 0 <= number(cell) <= 255):
                    cell = short(cell, 20)
                    return f", line {row}, value {column}: {cell!r} is no whole number 0…255."
    return " has a line of names, but no images." if names and row == 1 else " is no such table."


def write_answers(path, y_hat):
    """Write answers as Kaggle wants them, ``ImageId,Label`` from 1, whole or not at all."""
    lines = [f"{image},{answer}" for image, answer in enumerate(y_hat, 1)]
    with written_whole(path) as file:
        file.write("\n".join(["ImageId,Label", *lines, ""]).encode())
