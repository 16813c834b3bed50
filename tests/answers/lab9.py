"""Answers to lab 9's tasks: see lesson1.py."""

import numpy as np

from nnlib.labs import own_digit


def ink_of__solution(page):
    border = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    ink = np.abs(page - np.median(border))
    return ink / ink.max()


def ink_of__right_corners_once(page):
    inside = np.zeros(page.shape, bool)
    inside[1:-1, 1:-1] = True
    ink = abs(page.astype(float) - np.median(page[~inside]))
    return (ink / np.max(ink)).astype(np.float32)


def ink_of__right_lists(page):
    h, w = len(page), len(page[0])
    rim = [float(page[i][j]) for i in range(h) for j in range(w) if i in (0, h - 1)]
    rim += [float(page[i][j]) for i in range(h) for j in (0, w - 1)]
    paper = sorted(rim)[len(rim) // 2]
    strongest = max(abs(float(grey) - paper) for row in page for grey in row)
    return [[abs(float(grey) - paper) / strongest for grey in row] for row in page]


def ink_of__right_scaled_first(page):
    grey = page / 255
    sides = [grey[[0, -1]].ravel(), grey[:, [0, -1]].ravel()]
    ink = np.abs(np.median(np.hstack(sides)) - grey)
    return ink * (1 / ink.max())


def ink_of__wrong_mean(page):
    """the *mean* of the border"""
    ink = np.abs(page - own_digit.border_of(page).mean())
    return ink / ink.max()


def ink_of__wrong_corner(page):
    """one corner was taken"""
    ink = np.abs(page.astype(float) - page[0, 0])
    return ink / ink.max()


def ink_of__wrong_negative(page):
    """this is the page's negative"""
    ink = 255.0 - page
    return ink / ink.max()


def ink_of__wrong_sign(page):
    """bright ink comes out negative"""
    ink = np.median(own_digit.border_of(page)) - page
    return ink / ink.max()


def ink_of__wrong_not_divided(page):
    """goes far beyond 1"""
    return np.abs(page - np.median(own_digit.border_of(page)))


def ink_of__wrong_by_255(page):
    """stays pale"""
    return np.abs(page - np.median(own_digit.border_of(page))) / 255


def cut_out__solution(ink):
    rows = np.flatnonzero((ink > 0.05).any(axis=1))
    columns = np.flatnonzero((ink > 0.05).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def cut_out__right_nonzero(ink):
    i, j = np.nonzero(ink > 0.05)
    return ink[i.min() : i.max() + 1, j.min() : j.max() + 1].astype(np.float32)


def cut_out__right_peeled(ink):
    for _ in range(4):
        while ink[0].max() <= 0.05:
            ink = ink[1:]
        ink = np.rot90(ink)
    return ink


def cut_out__right_slices(ink):
    inked = np.argwhere(np.asarray(ink) > 0.05)
    (top, left), (bottom, right) = inked.min(axis=0), inked.max(axis=0)
    return [row[left : right + 1].tolist() for row in ink[top : bottom + 1]]


def cut_out__wrong_gaps(ink):
    """empty rows *inside*"""
    return ink[(ink > 0.05).any(axis=1)][:, (ink > 0.05).any(axis=0)]


def cut_out__wrong_faint(ink):
    """faint ink counts"""
    i, j = np.nonzero(ink)
    return ink[i.min() : i.max() + 1, j.min() : j.max() + 1]


def cut_out__wrong_end(ink):
    """where does a slice end"""
    i, j = np.nonzero(ink > 0.05)
    return ink[i.min() : i.max(), j.min() : j.max()]


def cut_out__wrong_rows_only(ink):
    """the columns are all there"""
    rows = np.flatnonzero((ink > 0.05).any(axis=1))
    return ink[rows[0] : rows[-1] + 1]


def cut_out__wrong_mask(ink):
    """only True and False"""
    return cut_out__solution(ink) > 0.05


def centre_of_mass__solution(image):
    h, w = image.shape
    mass = image.sum()
    row = image.sum(axis=1) @ np.arange(h) / mass
    column = image.sum(axis=0) @ np.arange(w) / mass
    return row, column


def centre_of_mass__right_average(image):
    i, j = np.indices(image.shape)
    return np.array([np.average(i, weights=image), np.average(j, weights=image)])


def centre_of_mass__right_loop(image):
    mass = row = column = 0.0
    for i, line in enumerate(image):
        for j, ink in enumerate(line):
            mass, row, column = mass + ink, row + ink * i, column + ink * j
    return [row / mass, column / mass]


def centre_of_mass__right_scipy(image):
    from scipy.ndimage import center_of_mass

    return center_of_mass(image)


def centre_of_mass__wrong_swapped(image):
    """changed places"""
    return centre_of_mass__solution(image)[::-1]


def centre_of_mass__wrong_from_one(image):
    """too large by 1"""
    row, column = centre_of_mass__solution(image)
    return row + 1, column + 1


def centre_of_mass__wrong_unweighted(image):
    """weighs the same"""
    i, j = np.nonzero(image)
    return i.mean(), j.mean()


def centre_of_mass__wrong_box(image):
    """middle of the ink's box"""
    i, j = np.nonzero(image)
    return (i.min() + i.max()) / 2, (j.min() + j.max()) / 2


def centre_of_mass__wrong_size(image):
    """divided by the number of pixels"""
    i, j = np.indices(image.shape)
    return (image * i).mean(), (image * j).mean()


def centre_of_mass__wrong_sums(image):
    """sums, and no means"""
    i, j = np.indices(image.shape)
    return (image * i).sum(), (image * j).sum()


def centre_of_mass__wrong_darkest(image):
    """darkest pixel"""
    return divmod(image.argmax(), image.shape[1])


def as_mnist__solution(page):
    cut = cut_out__solution(own_ink(page))
    h, w = cut.shape
    h_out, w_out = (max(1, round(20 * n / max(h, w))) for n in (h, w))
    small = own_digit.area_matrix(h, h_out) @ cut @ own_digit.area_matrix(w, w_out).T
    row, column = centre_of_mass__solution(small)
    top, left = 14 - round(row), 14 - round(column)
    image = np.zeros((28, 28))
    image[top : top + h_out, left : left + w_out] = small / small.max()
    return image


def own_ink(page):
    ink = np.abs(page - np.median(own_digit.border_of(page)))
    return ink / ink.max()


def as_mnist__right_lesson(page):
    return own_digit.centred(own_digit.fit_box(own_ink(page)))


def as_mnist__right_rolled(page):
    small = own_digit.fit_box(own_ink(page))
    image = np.pad(small, [(0, 28 - n) for n in small.shape])
    down, right = (14 - round(middle) for middle in own_digit.centre_of_mass(image))
    return np.roll(image, (down, right), axis=(0, 1)).astype(np.float32)


def as_mnist__right_normalise(page):
    return own_digit.centred(own_digit.fit_box(own_digit.find_ink(page))).tolist()


def as_mnist__wrong_box_in_the_middle(page):
    """where would the ink balance"""
    small = own_digit.fit_box(own_ink(page))
    top, left = ((28 - n) // 2 for n in small.shape)
    image = np.zeros((28, 28))
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def as_mnist__wrong_corner(page):
    """upper left corner"""
    small = own_digit.fit_box(own_ink(page))
    return np.pad(small, [(0, 28 - n) for n in small.shape])


def as_mnist__wrong_stretched(page):
    """stretched to a square"""
    cut = cut_out__solution(own_ink(page))
    h, w = cut.shape
    small = own_digit.area_matrix(h, 20) @ cut @ own_digit.area_matrix(w, 20).T
    return own_digit.centred(small / small.max())


def as_mnist__wrong_gaps(page):
    """rows were left out"""
    cut = cut_out__solution(own_ink(page))
    h, w = (max(1, round(20 * n / max(cut.shape))) for n in cut.shape)
    rows, columns = np.arange(h) * cut.shape[0] // h, np.arange(w) * cut.shape[1] // w
    small = cut[rows][:, columns]
    return own_digit.centred(small / small.max())


def as_mnist__wrong_pale(page):
    """strongest ink is below 1"""
    cut = cut_out__solution(own_ink(page))
    h, w = (max(1, round(20 * n / max(cut.shape))) for n in cut.shape)
    R_h, R_w = own_digit.area_matrix(len(cut), h), own_digit.area_matrix(cut.shape[1], w)
    return own_digit.centred(R_h @ cut @ R_w.T)


def as_mnist__wrong_row(page):
    """a row of 784"""
    return as_mnist__solution(page).reshape(1, 784)
