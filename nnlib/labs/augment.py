"""Lab 10: new images out of old ones, by moving their pixels.

A displacement field says for each pixel of the new image how far away in the old one its value is
looked up: ``fields[:, 0]`` downwards and ``fields[:, 1]`` to the right, in pixels. Shifts,
rotations and the trembling of a hand are all such fields, and `bilinear` carries them out.

Sources: Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks
applied to visual document analysis"; Cireşan, Meier, Gambardella and Schmidhuber 2010, "Deep, big,
simple neural nets for handwritten digit recognition".
"""

import numpy as np

from nnlib.plumbing.arguments import as_list, check_array, check_count, check_number
from nnlib.plumbing.asked import check_draw


def shift_images(X, down, right):
    """Return images moved by whole pixels; what comes in from outside is 0. Derived in lab 10.

    Parameters
    ----------
    X : one image of 28 × 28 a row, shape (m, 784)
    down, right : pixels; negative numbers move up and left

    Returns
    -------
    shifted : shape (m, 784)
    """
    check_array("X", X, ("m", 784))
    down = check_count("down", down, -28, 28)
    right = check_count("right", right, -28, 28)
    rim = max(abs(down), abs(right))
    padded = np.pad(X.reshape(-1, 28, 28), ((0, 0), (rim, rim), (rim, rim)))
    top, left = rim - down, rim - right
    return padded[:, top : top + 28, left : left + 28].reshape(X.shape)


def affine_fields(m, rng, degrees=12, zoom=0.12, shear=0.12, shift=1):
    """Return fields that turn, stretch, slant and move each image a little, about its centre.

    Derived in lab 10. All draws are uniform.

    Parameters
    ----------
    m : number of images
    rng : a numpy.random.Generator
    degrees : largest rotation, either way
    zoom : largest change of height and of width, each drawn by itself: 0.12 is 12 per cent
    shear : largest slant: columns moved per row
    shift : largest move, in pixels

    Returns
    -------
    fields : float32, shape (m, 2, 28, 28)
    """
    degrees, zoom, shear, shift = check_draw(m, rng, degrees, zoom, shear, shift)
    angle, height, width, slant, down, right = rng.uniform(-1, 1, (6, m, 1, 1)).astype(np.float32)
    angle, slant = angle * (degrees * np.pi / 180), shear * slant
    height, width = 1 + zoom * height, 1 + zoom * width
    y = np.arange(28, dtype=np.float32)[:, None] - 13.5
    x = y.T
    turned_y = np.cos(angle) * y - np.sin(angle) * x
    turned_x = np.sin(angle) * y + np.cos(angle) * x + slant * y
    return np.stack(
        [height * turned_y - y + shift * down, width * turned_x - x + shift * right], axis=1
    )


def smoothing_matrix(sigma, n=28):
    """Return G of shape (n, n): G @ U smooths the columns of U by a Gaussian, 0 outside.

    Its standard deviation sigma, in pixels, is 1 or more. Derived in lab 10. G @ U @ G.T smooths
    both ways, as scipy.ndimage.gaussian_filter does with mode="constant" and a large `truncate`.
    """
    sigma = check_number("sigma", sigma, at_least=0.1, at_most=1e6)
    i = np.arange(check_count("n", n, at_most=10**4))
    G = np.exp(-((i[:, None] - i) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    return G.astype(np.float32)


def elastic_fields(m, rng, strength=34, sigma=4):
    """Return fields of smoothed noise: neighbouring pixels move together, as a hand trembles.

    Derived in lab 10. Simard, Steinkraus and Platt 2003, section 2.

    Parameters
    ----------
    m : number of images
    rng : a numpy.random.Generator
    strength : 34 moves a pixel by about 1.4; the paper calls it alpha
    sigma : how far the trembling hangs together, in pixels

    Returns
    -------
    fields : float32, shape (m, 2, 28, 28)
    """
    strength, sigma = check_draw(m, rng, strength, sigma)
    U = 2 * rng.random((m, 2, 28, 28), dtype=np.float32) - 1
    G = smoothing_matrix(sigma)
    return strength * (G @ U @ G.T)


def bilinear(X, fields):
    """Look every pixel up where its field says, between the four pixels around that place.

    Derived in lab 10. The same as scipy.ndimage.map_coordinates with order=1 and
    mode="grid-constant".

    Parameters
    ----------
    X : one image of 28 × 28 a row, shape (m, 784)
    fields : shape (m, 2, 28, 28): pixels downwards, pixels to the right

    Returns
    -------
    moved : shape (m, 784); places outside the image hold 0
    """
    check_array("X", X, ("m", 784))
    check_array("fields", fields, (len(X), 2, 28, 28), "f")
    pixels = np.pad(X.reshape(-1, 28, 28), ((0, 0), (1, 2), (1, 2))).ravel()  # 0 around each
    i = np.arange(28, dtype=fields.dtype)
    y = np.clip(fields[:, 0] + i[:, None], -1, 28) + 1
    x = np.clip(fields[:, 1] + i, -1, 28) + 1
    top, left = np.floor(y), np.floor(x)
    r_y, r_x = y - top, x - left  # from 0 to 1
    first = 31 * 31 * np.arange(len(X))[:, None, None]
    k = first + 31 * top.astype(np.intp) + left.astype(np.intp)
    upper = (1 - r_x) * pixels.take(k) + r_x * pixels.take(k + 1)
    lower = (1 - r_x) * pixels.take(k + 31) + r_x * pixels.take(k + 32)
    return ((1 - r_y) * upper + r_y * lower).reshape(X.shape)


def upright(X, width=None):
    """Return each image with its digit set upright and, where a width is given, made so wide.

    X and result have shape (m, 784), ink of 0 or more. The width, in pixels, is that of a bar whose
    ink spreads as far; no digit is made more than twice as wide. Derived in lab 10, from second
    moments about the centre of mass. Meier and others 2011, whom `committee` names in full.
    """
    check_array("X", X, ("m", 784))
    ink = X.reshape(-1, 28, 28)
    ink = ink / np.maximum(ink.sum(axis=(1, 2), keepdims=True), 1e-6)  # or no ink
    i = np.arange(28, dtype=ink.dtype)
    y = i[:, None] - (ink.sum(axis=2) @ i)[:, None, None]
    x = i - (ink.sum(axis=1) @ i)[:, None, None]
    factors = y * y, x * y, x * x
    yy, xy, xx = (np.sum(ink * a, axis=(1, 2), keepdims=True) for a in factors)
    slant = xy / np.maximum(yy, 1e-6)
    fields = np.zeros((len(X), 2, 28, 28), ink.dtype)
    fields[:, 1:] = (slant * y)[:, None]
    if width is not None:
        width = check_number("width", width, at_least=1)
        own = np.sqrt(12 * np.maximum(xx - slant * xy, 0))
        fields[:, 1] += (np.maximum(own / width, 0.5) - 1) * x
    return bilinear(X, fields)


def distort(X, rng, affine=(12, 0.12, 0.12, 1), elastic=(34, 4)):
    """Return each image as another hand might have written it.

    Derived in lab 10. The fields are added, so that the pixels are looked up, and blurred, once.

    Parameters
    ----------
    X : one image of 28 × 28 a row, shape (m, 784)
    rng : a numpy.random.Generator
    affine : degrees, zoom, shear and shift of `affine_fields`, or None
    elastic : strength and sigma of `elastic_fields`, or None

    Returns
    -------
    distorted : shape (m, 784)
    """
    check_array("X", X, ("m", 784), "f")
    affine, elastic = as_list("affine", affine, 4), as_list("elastic", elastic, 2)
    fields = np.zeros((len(X), 2, 28, 28), X.dtype)
    if affine:
        fields += affine_fields(len(X), rng, *affine)
    if elastic:
        fields += elastic_fields(len(X), rng, *elastic)
    return bilinear(X, fields)
