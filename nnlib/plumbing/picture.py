"""Plumbing: pictures opened as grey pages, whatever their format, by Pillow; and what can be wrong.

What a page's digit is, lab 9 derives: `nnlib.labs.own_digit`.
"""

import os
import warnings
from contextlib import contextmanager

import numpy as np

from nnlib.plumbing.arguments import describe
from nnlib.plumbing.writing import reason, short, sound_path

MOST_PIXELS = 100_000_000  # a phone's largest photo has 108 million; most have 12
LONGEST_SIDE = 600  # of a page; larger ones are reduced, which costs no digit anything
KINDS = {  # by their first bytes: what people try, and Pillow can't open
    b"ftypheic": "a HEIC photo, as phones make them",
    b"ftypmif1": "a HEIC photo, as phones make them",
    b"ftypheix": "a HEIC photo, as phones make them",
    b"ftypavif": "an AVIF picture",
    b"%PDF": "a PDF",
    b"<svg": "an SVG drawing",
    b"<?xml": "an SVG drawing, or another XML file",
    b"PK\x03\x04": "a zip archive, or an office document",
}
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


def open_page(picture):
    """Return a picture as a grey page.

    Parameters
    ----------
    picture : path of an image file; a Pillow image; or an array of shape (h, w), (h, w, 3) or
        (h, w, 4), or of 784 pixels: bytes, 16-bit numbers, booleans, or real numbers from 0 to 1

    Returns
    -------
    page : float64, shape (h, w), from 0 (black) to 1 (white), at most 600 pixels a side; what is
        transparent lies on white, or on black where its ink is white; a photo is turned upright

    Raises
    ------
    ValueError
        Where it is no picture, a damaged one, or one too large or too small.
    OSError
        Where the file can't be read, or isn't there.
    """
    from PIL import Image

    if isinstance(picture, (str, os.PathLike)):
        page = _read(sound_path(picture, "picture").expanduser())
    elif isinstance(picture, Image.Image):
        page = _grey(picture)
    else:
        page = _from_array(picture)
    if max(page.shape) < 8 or min(page.shape) < 2:
        raise ValueError(f"It has {page.shape[1]} × {page.shape[0]} pixels: too few for a digit.")
    return page


@contextmanager
def about(picture):
    """Put a picture's name before what is wrong with it."""
    is_file = isinstance(picture, (str, os.PathLike))
    name = f"{short(picture)}: " if is_file else ""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}{error}") from None
    except MemoryError:
        raise ValueError(f"{name}There isn't enough memory to open it.") from None
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {short(picture)}.") from None
    except OSError as error:
        if error.errno is None:  # a sentence already
            raise
        raise OSError(f"{name}It can't be read: {reason(error)}.") from None


def _read(path):
    """Open an image file."""
    from PIL import Image, UnidentifiedImageError

    if path.is_dir():
        raise ValueError("It is a folder: nnlib.read_images reads all pictures in one.")
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's about bombs, tags and palettes
        start = file.read(64)
        file.seek(0)
        try:
            return _grey(Image.open(file))
        except UnidentifiedImageError:
            raise ValueError(_what_it_is(start)) from None
        except Image.DecompressionBombError:
            raise ValueError(_too_large()) from None
        except (_Refused, MemoryError):
            raise
        except Exception as error:  # damaged bytes make Pillow raise nearly anything
            why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise ValueError(f"It is damaged, or not whole ({why[:80]}).") from None


class _Refused(ValueError):
    """A sentence of ours: not to be taken for damage."""


def _what_it_is(start):
    """Say what a file that Pillow can't open looks like."""
    if not start:
        return "It is empty."
    for sign, kind in KINDS.items():
        if sign in start:
            return f"It is {kind}, which can't be read here: save it as PNG or JPEG."
    return "It is no picture that can be read here: save it as PNG or JPEG."


def _too_large():
    return f"It has more than {MOST_PIXELS // 10**6} million pixels: make it smaller first."


def _grey(image):
    """Return a Pillow image as a grey page."""
    from PIL import Image, ImageOps

    if image.width * image.height > MOST_PIXELS:
        raise _Refused(_too_large())
    side = (LONGEST_SIDE, LONGEST_SIDE)
    image.draft("L", side)  # a JPEG is decoded at the size needed
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        deep = values.dtype.kind in "iu" and values.max() > 255
        image = Image.fromarray(_scaled(values.astype(np.uint16) if deep else values))
    elif image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = _on_paper(image.convert("RGBA"))
    elif image.mode != "L":
        image = image.convert("RGB").convert("L")
    if max(image.size) > LONGEST_SIDE:
        image = image.reduce(-(-max(image.size) // LONGEST_SIDE))
    page = np.asarray(image, dtype=np.float64)
    return page if image.mode == "F" else page / 255


def _on_paper(image):
    """Lay a transparent image on white, or on black where that shows nothing."""
    from PIL import Image

    for paper in ("white", "black"):
        page = Image.alpha_composite(Image.new("RGBA", image.size, paper), image).convert("L")
        low, high = page.getextrema()
        if high - low > 5:
            break
    return page


def _from_array(array):
    """Return an array of pixels as a grey page."""
    from PIL import Image

    try:
        array = np.asarray(array)
    except ValueError:
        array = np.empty(0)
    if array.size == 784 and array.ndim <= 2 and 28 not in array.shape:
        array = array.reshape(28, 28)
    layers = array.shape[2:] in ((), (1,), (3,), (4,))
    if array.ndim not in (2, 3) or not layers or not array.size or array.dtype.kind not in "buif":
        raise ValueError(
            "A picture is a path, or an array of shape (height, width), or with 3 or 4 colours "
            f"last; this is {describe(array)}."
        )
    if array.shape[0] * array.shape[1] > MOST_PIXELS:
        raise ValueError(_too_large())
    values = _scaled(array[..., 0] if array.shape[2:] == (1,) else array)
    if values.ndim == 2:
        return _grey(Image.fromarray(values))
    return _grey(Image.fromarray(np.round(255 * values).astype(np.uint8)))


def _scaled(values):
    """Return pixels of any kind as float32 from 0 to 1."""
    if not np.isfinite(values).all():
        raise _Refused("It holds NaN or infinity: every pixel must be a finite number.")
    low, high = float(values.min()), float(values.max())
    most = {"b": 1, "u": 255 if values.dtype.itemsize == 1 else 65535}.get(values.dtype.kind)
    if most is None:
        most = next((m for m in (1, 255, 65535) if high <= m), 0)
    if low < 0 or not most:
        raise _Refused(f"Its pixels go from {low:g} to {high:g}: bring them to 0 … 1 or 0 … 255.")
    return (values / np.float32(most)).astype(np.float32)


def check_ink(ink, at_least):
    """Raise a ValueError where nothing differs from the paper."""
    if ink.max() < at_least:
        raise ValueError("There is no ink on it: all of it is equally bright, or nearly so.")


def check_one_digit(digit):
    """Raise a ValueError where the ink can't be one digit: several in a row, a sheet on a table."""
    rows, columns = (np.flatnonzero((digit > 0.5).any(axis=axis)) for axis in (1, 0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    if width > 1.3 * height and len(columns) < width:
        raise ValueError(
            "It seems to hold several digits, side by side: cut them apart, a picture each "
            "(lab 9 shows how)."
        )
    if _fills_a_rectangle(digit > 0.5):
        raise ValueError(
            "Nearly all of it looks like ink. Is it a sheet of paper on a table? Cut out the part "
            "around the digit."
        )


def _fills_a_rectangle(mask):
    """Say whether a mask fills four fifths of a rectangle, turned or not: a sheet, and no stroke.

    A slim one, twice as long as wide or more, may be a 1.
    """
    i = np.flatnonzero(mask.any(axis=1))
    last = mask.shape[1] - 1 - mask[i, ::-1].argmax(axis=1)
    y, x = np.tile(i, 2), np.concatenate([mask[i].argmax(axis=1), last])  # each row's two ends
    for angle in np.radians(np.arange(0, 90, 3)):
        along = np.ptp(np.cos(angle) * x + np.sin(angle) * y) + 1
        across = np.ptp(np.cos(angle) * y - np.sin(angle) * x) + 1
        if mask.sum() > 0.8 * along * across and 2 * min(along, across) > max(along, across):
            return True
    return False


def pictures_in(folder):
    """Return the paths of the pictures in a folder, by name; or say that there are none."""
    folder = sound_path(folder, "folder").expanduser()
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {short(folder)}.")
    if not folder.is_dir():
        raise ValueError(f"{short(folder)} is a file: nnlib.read_image reads a single picture.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(f"{short(folder)} holds no pictures ({', '.join(sorted(SUFFIXES))}).")
    return paths
