"""Lab 9: your own digit, from a page to an image as MNIST's makers made them.

A page is grey, shape (h, w), from 0 (black) to 1 (white). Ink is what differs from the paper, from
0 to 1. What comes out is 28 × 28: the ink's box scaled to 20 pixels, its centre of mass in the
middle. Opening files is plumbing: `nnlib.plumbing.picture`.

Sources: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document
recognition", section III; Bradley and Roth 2007, "Adaptive thresholding using the integral image".
"""

import numpy as np

from nnlib.plumbing.picture import about, check_ink, check_one_digit, open_page, pictures_in


def centre_of_mass(image):
    """Return (row, column) of the point in which an image's ink would balance.

    Derived in lab 9. Pixel (i, j) lies at row i, column j: scipy.ndimage.center_of_mass.

    Parameters
    ----------
    image : ink, shape (h, w), none of it negative, not all 0
    """
    h, w = image.shape
    mass = image.sum()
    row = image.sum(axis=1) @ np.arange(h) / mass
    column = image.sum(axis=0) @ np.arange(w) / mass
    return float(row), float(column)


def border_of(page):
    """Return the pixels on the four sides of a page, shape (2h + 2w,). Derived in lab 9."""
    return np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])


def local_mean(image, reach):
    """Return the mean around each pixel, over 2 reach + 1 pixels each way as far as there are any.

    Image and result have shape (h, w). Derived in lab 9: four corners of a table of running sums,
    whatever the reach.
    """
    sums = np.pad(image.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    (top, bottom), (left, right) = (
        (np.maximum(np.arange(n) - reach, 0), np.minimum(np.arange(n) + reach + 1, n))
        for n in image.shape
    )
    rows = sums[bottom] - sums[top]
    return (rows[:, right] - rows[:, left]) / np.outer(bottom - top, right - left)


def local_max(image, reach):
    """Return the largest value around each pixel: in a square of 2 reach + 1.

    Image and result have shape (h, w). Derived in lab 9: down, then across; windows of 1, 2, 4, …
    pixels are put together in pairs. scipy.ndimage.maximum_filter.
    """
    for _ in range(2):
        image, width = np.pad(image, ((reach, reach), (0, 0)), mode="edge"), 1
        while width < 2 * reach + 1:
            step = min(width, 2 * reach + 1 - width)
            image, width = np.maximum(image[:-step], image[step:]), width + step
        image = image.T
    return image


def uneven_ink(page):
    """Return the ink of a photo, whose paper is not equally bright everywhere.

    Derived in lab 9. The largest value around, then the smallest of those: strokes vanish, the
    edges of shadows stay. Bright ink is told by a dark border and by its skew.

    Parameters
    ----------
    page : grey, shape (h, w), from 0 (black) to 1 (white)

    Returns
    -------
    ink : shape (h, w); by which share a pixel is darker than the paper around it
    """
    page = local_mean(page, max(page.shape) // 200)
    reach = max(page.shape) // 8
    skew = ((page - local_mean(page, reach)) ** 3).sum()
    if np.median(border_of(page)) < 0.5 and skew > 0:
        page = 1 - page
    paper = -local_max(-local_max(page, reach), reach)
    return (paper - page) / np.maximum(paper, 0.05)


def find_ink(page):
    """Return the ink of a page: how far each pixel differs from the paper, the strongest by 1.

    Derived in lab 9. Paper is the border's median; where more than a quarter of the border is
    something else, it is a photo, and the paper is looked for around each pixel.

    Parameters
    ----------
    page : grey, shape (h, w), from 0 (black) to 1 (white); dark on bright or bright on dark

    Returns
    -------
    ink : shape (h, w), from 0 to 1

    Raises
    ------
    ValueError
        Where no pixel differs from the paper by more than noise does.
    """
    ink, least = np.abs(page - np.median(border_of(page))), 0.02
    if np.mean(border_of(ink) > 0.1 * ink.max()) > 0.25:
        ink, least = uneven_ink(page), 0.1
    check_ink(ink, least)
    return ink / ink.max()


def connected_parts(mask):
    """Give each connected part of a mask a number; pixels touch also across a corner.

    Derived in lab 9. scipy.ndimage.label with a structure of ones.

    Parameters
    ----------
    mask : booleans, shape (h, w)

    Returns
    -------
    parts : integers, shape (h, w): 0 outside the mask, then 1, 2, … in order of the first pixel
    """
    ends = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(int))  # 1: a run begins; -1: it is over
    parts, n = np.zeros((len(mask) + 1, mask.shape[1] + 2), int), 0
    for i, row in enumerate(ends, 1):
        for start, stop in zip(np.flatnonzero(row == 1), np.flatnonzero(row == -1)):
            above = np.unique(parts[i - 1, start : stop + 2])
            above = above[above > 0]
            if len(above) == 0:
                n += 1
                above = [n]
            for k in above[1:]:
                parts[parts == k] = above[0]
            parts[i, start + 1 : stop + 1] = above[0]
    used = np.bincount(parts.ravel()) > 0
    return (np.cumsum(used) - 1)[parts[1:, 1:-1]]


def keep_digit(ink):
    """Return 0 and 1: what is surely ink, without specks and without what runs off the page.

    Derived in lab 9. What touches the border is left out where most ink is inside; or where it may
    be a table beside the sheet, and a piece inside is a quarter as long as the page.

    Parameters
    ----------
    ink : shape (h, w), from 0 to 1

    Returns
    -------
    digit : shape (h, w); the ink as it is, where it covers 40 pixels or less and has no more to say
    """
    if max(ink[box_of(ink)].shape) <= 40:
        return ink
    parts = connected_parts(ink > 0.5)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    inside = sizes.copy()
    inside[border_of(parts)] = 0
    k = inside.argmax()  # 0 where all ink touches the border
    tall = k > 0 and max(ink[box_of(parts == k)].shape) > max(ink.shape) / 4
    table = parts[[0, 0, -1, -1], [0, -1, 0, -1]].any()  # ink in a corner of the page
    if (table and tall) or inside.sum() > sizes.sum() / 2:
        sizes = inside
    return (sizes >= sizes.max() / 50)[parts].astype(float)


def box_of(ink):
    """Return rows and columns, two slices, in which there is ink above 0.05. Derived in lab 9."""
    rows, columns = (np.flatnonzero((ink > 0.05).any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def area_matrix(n, n_out):
    """Return R of shape (n_out, n): R @ image makes n rows into n_out, each the mean of its share.

    Derived in lab 9. Entry (i, p) is the part of new row i that old row p covers; rows sum to 1.

    Parameters
    ----------
    n, n_out : rows before and after
    """
    edges, p = np.arange(n_out + 1) * n / n_out, np.arange(n)
    covered = np.minimum(edges[1:, None], p + 1) - np.maximum(edges[:-1, None], p)
    return np.maximum(covered, 0) * n_out / n


def fit_box(ink, size=20):
    """Return the ink's box, scaled so that its longer side is `size` pixels; the strongest is 1.

    Derived in lab 9. LeCun and others 1998: "while preserving their aspect ratio".

    Parameters
    ----------
    ink : shape (h, w)

    Returns
    -------
    small : shape (size, at most size), or the other way round
    """
    cut = ink[box_of(ink)]
    h, w = cut.shape
    h_out, w_out = (max(1, round(size * n / max(h, w))) for n in (h, w))
    small = area_matrix(h, h_out) @ cut @ area_matrix(w, w_out).T
    return small / small.max()


def centred(small):
    """Return a 28 × 28 image with the centre of mass of `small` at row 14, column 14, to a half.

    Derived in lab 9. Moved by whole pixels, and never over the edge.
    """
    image = np.zeros((28, 28))
    top, left = (
        min(max(14 - round(middle), 0), 28 - n)
        for middle, n in zip(centre_of_mass(small), small.shape)
    )
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def normalise(page):
    """Return a page's digit as MNIST's makers made theirs. Derived in lab 9.

    Parameters
    ----------
    page : grey, shape (h, w), from 0 (black) to 1 (white)

    Returns
    -------
    X : shape (1, 784), from 0 to 1
    """
    return centred(fit_box(keep_digit(find_ink(page)))).reshape(1, 784)


def split_digits(digit):
    """Return the digits of a line, from left to right, each alone on a page of the same size.

    Derived in lab 9. A part less than half as tall as the tallest, such as the bar of a 5, goes to
    the nearest that is taller.

    Parameters
    ----------
    digit : shape (h, w), 0 and 1, as `keep_digit` returns it

    Returns
    -------
    digits : list of arrays of shape (h, w)
    """
    parts = connected_parts(digit > 0.5)
    boxes = [box_of(parts == k) for k in range(1, parts.max() + 1)]
    heights = np.array([rows.stop - rows.start for rows, _ in boxes])
    middles = np.array([(columns.start + columns.stop) / 2 for _, columns in boxes])
    tall = np.flatnonzero(heights >= heights.max() / 2)
    nearest = tall[np.abs(middles[:, None] - middles[tall]).argmin(axis=1)]
    owner = np.concatenate([[-1], nearest])[parts]
    return [digit * (owner == k) for k in tall[middles[tall].argsort()]]


def read_image(picture):
    """Read a drawing or a photo of one digit, as MNIST's makers would have.

    Derived in lab 9. A letter comes out as well: what isn't a digit isn't noticed.

    Parameters
    ----------
    picture : path of a PNG, JPEG, WebP, BMP, GIF or TIFF; an array of shape (h, w), (h, w, 3) or
        (h, w, 4), bytes or from 0 to 1; or a Pillow image. Dark on bright or bright on dark.

    Returns
    -------
    X : shape (1, 784), from 0 to 1

    Raises
    ------
    ValueError
        Where it is no picture, a damaged or a very large one, an empty page, or several digits.
    OSError
        Where the file isn't there, or can't be read.
    """
    with about(picture):
        digit = keep_digit(find_ink(open_page(picture)))
        check_one_digit(digit)
    return centred(fit_box(digit)).reshape(1, 784)


def read_images(folder):
    """Read all pictures in a folder, in the order of their names. Derived in lab 9.

    Parameters
    ----------
    folder : its path; files that aren't called .png, .jpg, .jpeg, .webp, .bmp, .gif, .tif or .tiff
        are left out

    Returns
    -------
    X, names : images, shape (m, 784), and the m names of their files

    Raises
    ------
    ValueError
        Where there are no pictures, or `read_image` can't read one.
    FileNotFoundError
        Where there is no such folder.
    """
    paths = pictures_in(folder)
    return np.concatenate([read_image(path) for path in paths]), [path.name for path in paths]
