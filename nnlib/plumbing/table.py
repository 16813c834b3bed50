"""Plumbing: digits out of what `nnlib.plumbing.forms` opens: tables, or arrays of images.

Readers return raw pixels 0…255 as uint8, so that memory is spent on real numbers only where they
are wanted; as float32 where a file has shares of 1 that no byte holds.
"""

import io
import math
import re
import sys
import warnings
from collections import Counter
from contextlib import suppress
from itertools import chain
from pathlib import Path

import numpy as np

from nnlib.plumbing.forms import IDX, MANY, NPY, Refused, files_in, look, refusal
from nnlib.plumbing.writing import short

CHUNK = 2**21  # characters that are read at a time
LONGEST = 2**22  # characters that a line may have
LABEL = ("label", "labels", "class", "target", "digit", "y")
INDEX = ("", "id", "index", "imageid", "unnamed: 0")
TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # of IDX files


class Unlabelled(Refused):
    """What is wrong with images that would be digits, had they labels."""


def read_csv(path, n_classes=10):
    """Read pixels (m, 784) and labels (m,), both uint8: those to train with, where some are not."""
    return read_parts(path, n_classes)[0][0]


def read_parts(path, n_classes=10):
    """Read the digits in a file, a folder or an archive, in any form that data/README.md lists.

    Returns a list of (pixels, labels), of shapes (m, 784) and (m,): those to train with and, where
    they are apart, those to test with; and whether the files have the names of MNIST's.
    """
    path = Path(path).expanduser()
    if not (path.is_file() or path.is_dir()):
        raise FileNotFoundError(f"There is no file {path}; looked in {path.resolve().parent}.")
    names = files_in(path) if path.is_dir() else [""]
    if not 0 < len(names) <= MANY:
        raise FileNotFoundError(
            f"There is no file to be taken in {path}, since {path.resolve()} holds "
            f"{f'over {MANY:,}' if names else 'none'}; pictures, nnlib.read_images reads."
        )
    leaves = look(path, role)
    if any("submission" in name.lower() for name, *_ in leaves):  # Kaggle's: nobody knows its labels
        leaves = [leaf for leaf in leaves if normal(leaf[0]) != "test.csv"]
    try:
        wanted = chosen(leaves, path)
    except Refused as error:
        raise ValueError(f"{path}{error}.") from None

    def visit(name, form, file):
        where = f"{path} ({name})" if name else path
        if name not in chain(*wanted):
            return None
        try:
            array = form[1] in (IDX, NPY)
            return name, read_array(form[1], file) if array else read_table(file, where, n_classes)
        except Unlabelled as error:
            if name == wanted[0][0]:
                raise
            return tell(f"{where}{error}. It is left out.")

    found = dict(filter(None, look(path, visit)))
    parts = [found[names[0]] for names in wanted if names[0] in found]
    if len(wanted[0]) == 2:
        parts = [joined(path, found, *names, n_classes) for names in wanted]
    return parts, normal(wanted[0][0]) == "train-images-idx3-ubyte"


def tell(text):
    """Say a sentence on stderr."""
    print(text, file=sys.stderr)


# ---------------------------------------------------------------------- which of several files


def role(name, form, file):
    """Return a file's name, what it holds ("table", "images", "labels" or None), and a refusal."""
    kind, why = form[1], refusal(form, file)
    if kind not in (IDX, NPY):
        return name, kind if kind == "table" else None, why
    try:
        shape = header(kind, file)[0]
    except ValueError:
        return name, None, why
    size = math.prod(shape[1:]) if len(shape) else 0
    return name, {784: "images", 1: "labels"}.get(size), why.replace(":", f" of shape {shape}:", 1)


def chosen(leaves, path):
    """Return what to read: [(table,)] or [(images, labels)], a part to test with after it."""
    for roles in (("images", "labels"), ("table",)):
        named = [[name for name, r, _ in leaves if r == wanted] for wanted in roles]
        if all(named):
            parts = [parts_of(names, path) for names in named]
            if any(part.keys() != parts[0].keys() for part in parts):
                names = ", ".join(chain(*(part.values() for part in parts)))
                raise Refused(f" holds images and labels that don't belong together: {names}")
            return list(zip(*(part.values() for part in parts)))
    if not leaves:
        raise Refused(" holds 0 files: a table with a label and 784 pixels a row is needed")
    name, _, why = leaves[0]
    if len(leaves) == 1:
        raise Refused(f" ({name}){why}" if name else why)
    raise Refused(f" holds {len(leaves)} files, but no images with labels: {short(name, 60)}{why}")


def parts_of(names, path):
    """Return {"train": name, "test": name}, or one of them, of files that hold the same."""
    parts, seen = {"train": [], "other": [], "test": []}, set()
    for name in sorted(names, key=nearness):
        word = (re.findall("train|t10k|test", name.lower()) or ["other"])[-1].replace("t10k", "test")
        if (word, normal(name)) not in seen:  # else the same once more, packed or unpacked
            seen.add((word, normal(name)))
            parts[word].append(name)
    if parts["train"] and parts["other"]:
        tell(f"{path}: {', '.join(parts['other'])} left out.")
    parts["train"] = parts["train"] or parts["other"]
    if max(len(parts["train"]), len(parts["test"])) > 1:
        raise Refused(f" holds several such files, give the path of one: {', '.join(names)[:99]}")
    return {part: parts[part][0] for part in ("train", "test") if parts[part]}


def normal(name):
    """Return a file's name, without its folders, as MNIST's makers write it."""
    return name.lower().rpartition("/")[2].replace(".idx", "-idx").removesuffix(".gz")


def nearness(name):
    """Return what sorts first a folder called MNIST, then what lies least deep."""
    return "mnist" not in name.lower().split("/")[:-1], name.count("/"), name


# ---------------------------------------------------------------------------------- arrays


def header(kind, file):
    """Return shape, type and order of an IDX or .npy file, read up to where its numbers begin."""
    if kind == IDX:
        start = file.read(4)
        axes = file.read(4 * start[3])
        return tuple(np.frombuffer(axes, ">u4").tolist()), np.dtype(TYPES[start[2]]), "C"
    version = np.lib.format.read_magic(file)
    read = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
    shape, by_columns, dtype = read(file)
    return shape, dtype, "F" if by_columns else "C"


def read_array(kind, file):
    """Read the numbers of an IDX or .npy file, and no more bytes than its header tells of."""
    if kind not in (IDX, NPY):
        raise Refused(f" is not an IDX file but {kind}")
    try:
        shape, dtype, order = header(kind, file)
    except (ValueError, AttributeError) as error:
        raise Refused(f" is damaged or incomplete ({error!s:.40}): fetch it again") from None
    if dtype.kind not in "buif":
        raise Refused(" holds no plain numbers, and is not opened, since a pickle can run code")
    size, content = math.prod(shape) * dtype.itemsize, bytearray()
    while len(content) <= size and (piece := file.read(CHUNK)):
        content += piece
    if len(content) != size:
        raise Refused(f" is incomplete, or too long: its shape {shape} takes {size:,} bytes")
    return np.frombuffer(content, dtype).reshape(shape, order=order)


def joined(path, found, images, labels, n_classes):
    """Return images and labels that were read as arrays."""
    X, y = found[images], found[labels].reshape(-1)
    try:
        if len(X) != len(y):
            raise Refused(f" holds {len(X):,} images, but {len(y):,} labels ({labels})")
        X = as_pixels(X.reshape(len(X), -1), f"{path} ({images})", lambda *at: f" ({images}) at {at}")
        return X, as_labels(y, n_classes, lambda row: f" ({labels}) at {row}")
    except Refused as error:
        raise ValueError(f"{path}{error}.") from None


def as_pixels(values, where, place):
    """Return pixels as uint8, 0…255; shares of 1 that no byte holds as float32, 255 for all ink.

    What was assumed is told.
    """
    if not len(values):
        raise Refused(" holds no images")
    shares = values.dtype.kind == "f" and (values != np.floor(values)).any() and values.max() <= 1
    bad = ~((values >= 0) & (values <= 255) & (shares or values == np.floor(values)))
    for row, column in np.argwhere(bad)[:1]:
        raise Refused(not_whole(place(row, column), f"{values[row, column]:g}"))
    pixels = values.astype(np.float32 if shares else np.uint8, copy=False)
    if pixels.max() == 1 or shares:
        pixels = pixels * pixels.dtype.type(255)
        tell(f"{where}: its pixels lie from 0 to 1, so 1 is taken for full ink (255).")
    if pixels.mean() > 127:
        tell(f"{where} looks inverted: MNIST's ink is bright on black (0).")
    return pixels


def as_labels(values, n_classes, place):
    """Return labels as uint8, or say which is none, or that they tell nothing apart."""
    bad = ~((values >= 0) & (values < n_classes) & (values == np.floor(values)))
    if bad.any():
        row, top = int(np.flatnonzero(bad)[0]), values.max()
        more = f"; for others, give n_classes={top + 1:g}" if n_classes <= top < 256 else ""
        raise Refused(
            f"{place(row)}: the label is {values[row]:g}; labels go from 0 to "
            f"{n_classes - 1}{more}"
        )
    if len(values) > 1 and (values == values[0]).all():
        raise Refused(
            f": every label is {values[0]:g}, so there is nothing to tell apart; if another column "
            "holds the labels, name that one 'label'"
        )
    return values.astype(np.uint8)


# ---------------------------------------------------------------------------------- tables


def read_table(file, where, n_classes=10, n=784):
    """Return pixels and labels of an open table: n pixels a row, and a label unless n_classes is 0.

    Commas, semicolons, tabs or blanks may stand between its cells, and names or nothing above.
    """
    blocks, head = filter(None, lines_of(io.TextIOWrapper(file, "utf-8-sig"))), []
    while len(head) < 20 and (block := next(blocks, None)):
        head += block
    between, names, head = dialect(head, where)
    if not head:
        raise Refused(" has a header but no rows: there are names, but no images")
    rows, above, tables = [split(line, between) for line in head], 1, []
    columns, label = layout(names, rows, n, n_classes, where)
    above += not n_classes and names is not None

    def place(row, column=None):
        cell = "" if column is None else f", {word[1]} {columns[column] + 1}"
        return f", {word[0]} {row + above}{cell}"

    word = ("row", "column") if n_classes else ("line", "value")
    for lines in chain([head], blocks):
        tables.append(numbers(lines, between, columns, len(rows[0]), place))
        above += len(lines)
    above -= sum(map(len, tables))
    table = np.concatenate(tables)
    tables.clear()
    if not n_classes:
        return as_pixels(table, where, place), None
    label = ends(table, n_classes) if label is None else label
    y = as_labels(table[:, label], n_classes, lambda row: place(row, label))
    X = table[:, 1:] if label == 0 else table[:, :-1]
    return as_pixels(X, where, lambda row, column: place(row, column + (label == 0))), y


def lines_of(text):
    """Yield the lines of an open text, some thousand at a time, blank ones left out."""
    rest = ""
    while piece := text.read(CHUNK):
        *lines, rest = (rest + piece).split("\n")
        if len(rest) > LONGEST:
            raise Refused(" is not a table of digits: one of its lines is too long")
        yield [line for line in lines if line and not line.isspace()]
    yield [rest] if rest.strip() else []


def split(line, between):
    """Return the cells of a line, without quotation marks, and with points for decimal commas."""
    return [cell.strip(' "\t').replace(",", ".") for cell in line.split(between)]


def dialect(lines, where):
    """Return what stands between the cells, their names or None, and the lines below those."""
    lines = lines[1:] if re.match('"?sep=', lines[0], re.IGNORECASE) else lines
    if not lines:
        return ",", None, lines
    first = lines[0]
    if first.count('"') % 2:
        raise Refused(" is not a table: a quotation mark in its first line is left open")
    between = next((c for c in ";\t|" if 2 * first.count(c) > first.count(",")), ",")
    between = between if between in first else None
    cells = split(first, between)
    if is_header(cells):
        return between, cells, lines[1:]
    if restored := unmangled(cells):
        tell(f"{where}: pandas made names of its first row (0.1, 0.2 …), which are read as digits.")
        lines = [between.join(restored), *lines[1:]]
    return between, None, lines


def number(text):
    """Return what `text` reads as, NaN where it is not a number; True is 1."""
    try:
        return float({"true": "1", "false": "0"}.get(text.lower(), text))
    except ValueError:
        return math.nan


def is_header(cells):
    """Return True where a first line holds names: a known one, or mostly no blanks and not 0…255.

    Mostly, since names may be numbers too (0…784, as pandas writes them), and since one bad cell
    does not make a row of digits a header, which would lose it in silence.
    """
    values = sum(0 <= number(cell) <= 255 or not cell for cell in cells)
    return values < len(cells) / 2 or any(cell.lower() in LABEL for cell in cells)


def unmangled(cells):
    """Return the row of which pandas made names, 5,0,0.1,0.2 … of 5,0,0,0 …, or None."""
    seen, row = Counter(), [cell.partition(".")[0] for cell in cells]
    for cell, value in zip(cells, row):
        if cell != (f"{value}.{seen[value]}" if seen[value] else value):
            return None
        seen[value] += 1
    return row if max(seen.values()) > 1 else None


def layout(names, rows, n, n_classes, where):
    """Return which columns to read, in order, and which of these holds the labels, if names tell.

    A column that counts the rows is left out, and so are empty ones at the end.
    """
    need, width = n + bool(n_classes), len(rows[0])
    while width > need and not rows[0][width - 1]:
        width -= 1
    first = [number(row[0]) for row in rows]
    counts = len(first) > 2 and all(b - a == 1 for a, b in zip(first, first[1:]))
    counts = counts or (names is not None and names[0].lower() in INDEX)
    start = int(counts and (width > need or max(first) >= n_classes > 0))
    if width - start != need:
        raise mismatch(names, rows[0], width, start, n, n_classes)
    if start:
        tell(f"{where}: its first column counts the rows, and is left out.")
    columns, label = list(range(start, width)), None
    if names is None or not n_classes:
        return columns, None
    names = [""] * (width - len(names)) + names
    label = named_label(names, columns)
    pixels = [column for column in columns if column != label]
    if label is not None and (order := in_order([names[column] for column in pixels])) is not None:
        tell(f"{where}: its columns are put in the order of their numbers.")
        pixels = [pixels[k] for k in order]
    return (columns, None) if label is None else ([label, *pixels], 0)


def mismatch(names, row, width, start, n, n_classes):
    """Return what is wrong with a table that hasn't as many columns as it needs."""
    k, need, side = width - start, n + 1, math.isqrt(max(0, width - start - 1))
    if not n_classes:
        labels = ": with labels, leave --answers out, and they are measured" if k == n + 1 else ""
        return Refused(f": its first line has {k} values, not the {n} pixels of an image{labels}")
    if names is not None and len(names) == need and not start:
        return Refused(f", row 1: {width} values instead of {need}")
    if k == n:
        counted = ", since its first column counts the rows" if start else ""
        return Unlabelled(
            f" has {k} of the {need} values needed, a label and {n} pixels{counted}: images without "
            "labels, python -m nnlib --answers reads"
        )
    for end in (row[start : start + n_classes], row[width - n_classes : width]):
        if k == n + n_classes and sorted(map(number, end)) == [0] * (n_classes - 1) + [1]:
            return Refused(" has a column for each class (one-hot): write the class as one number")
    if side**2 == k - 1 and side > 3:
        return Refused(f" holds images of {side} × {side} pixels: 28 × 28 and a label are needed")
    return Refused(
        f" does not hold digits: its first line has {k} of the {need} values needed, a label and "
        f"{n} pixels, with commas between them; it begins with {' '.join(row)[:20]!r}"
    )


def named_label(names, columns):
    """Return the column that is called a label, or else like no other, or None."""
    stems = {column: re.sub(r"\d+", "#", names[column].lower()) for column in columns}
    count = Counter(stems.values())
    for found in (
        [column for column in columns if stems[column] in LABEL],
        [column for column in columns if stems[column] and count[stems[column]] == 1],
    ):
        if len(found) == 1:
            return found[0]
    return None


def in_order(names):
    """Return where columns stand in the order of the numbers in their names, if in another one."""
    keys = [tuple(map(int, re.findall(r"\d+", name))) for name in names]
    sound = len(set(keys)) == len(keys) and len({len(key) for key in keys}) == 1
    if not sound or (len(keys[0]) != 1 and names != sorted(names)):
        return None
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return None if order == list(range(len(keys))) else order


def ends(table, n_classes):
    """Return 0 or -1, the column that holds the labels by its values.

    Labels are mostly 1…9, while a corner pixel is nearly always 0.
    """
    low = {c: table[:, c] < n_classes for c in (0, -1)}
    score = {c: ((low[c] & (table[:, c] > 0)).sum(), low[c].sum()) for c in low}
    column = max(low, key=score.get)
    if low[column].mean() < 0.5:
        top = table[:, column].max()
        more = f"; for labels up to {top:g}, give n_classes={top + 1:g}" if top < 100 else ""
        raise Refused(
            " has no labels: neither its first nor its last column stays within 0 and "
            f"{n_classes - 1}{more}"
        )
    if score[0] == score[-1]:
        raise Refused(
            " may have its labels in its first column or its last: put a line of names above it, "
            "with 'label' over the labels"
        )
    return column


def numbers(lines, between, columns, width, place):
    """Return rows as uint8 where they are bytes, as float32 where they lie between some."""
    if between != ",":
        lines = [line.replace(",", ".") for line in lines]
    for row, line in enumerate(lines):
        cells = len(line.split()) if between is None else line.count(between) + 1
        if cells != width:
            raise Refused(f"{place(row)}: {cells} values instead of {width}")
    for options in ((np.uint8, None), (np.float64, None), (np.float64, number)):
        with suppress(ValueError), warnings.catch_warnings():
            warnings.simplefilter("error")  # of old, 0.5 would be taken for a 0
            values = np.loadtxt(
                lines, options[0], comments=None, delimiter=between, converters=options[1],
                usecols=columns, quotechar='"', ndmin=2,
            )  # fmt: skip
            break
    else:
        raise Refused(f"{place(0)}, or a row below, can't be read as numbers")
    for row, column in np.argwhere(~((values >= 0) & (values <= 255)))[:1]:
        cell = split(lines[row], between)[columns[column]]
        raise Refused(not_whole(place(row, column), cell))
    whole = values.dtype == np.uint8 or (values == np.floor(values)).all()
    return values.astype(np.uint8 if whole else np.float32, copy=False)


def not_whole(place, cell):
    """Say that a cell is no pixel, and where it stands."""
    more = ": write classes as numbers" if cell.isalpha() else ""
    return f"{place}: {short(cell, 40)!r} is {'no' if 'line' in place else 'not a'} whole number from 0 to 255{more}"
