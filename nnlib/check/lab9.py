"""Checks of lab 9: your own digit."""

import numpy as np

from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.written import Written, judge, like, when
from nnlib.labs import own_digit

PAGE = ("ink_of", "cut_out", "centre_of_mass", "sure of a letter", "as_mnist")


def bytes_page(shape, paper, on_border, seed):
    """Return a page of bytes whose border is partly inked, and its inside wholly.

    `on_border` says which sides, of "top bottom left right", and whether "corners" are inked: the
    paper is still more than half of the border, whichever way corners are counted.
    """
    inks = np.arange(20, 120) if paper > 127 else np.arange(130, 250)
    page = np.random.default_rng(seed).choice(inks, shape).astype(np.uint8)
    sides = {"top": (0, slice(None)), "bottom": (-1, slice(None))}
    sides |= {"left": (slice(None), 0), "right": (slice(None), -1)}
    corners = page[:: shape[0] - 1, :: shape[1] - 1].copy()
    for name, place in sides.items():
        if name not in on_border:
            page[place] = paper
    if "corners" in on_border:
        page[:: shape[0] - 1, :: shape[1] - 1] = corners
    return page


def ink_by(page, paper, away=np.abs, largest=np.max):
    """Return the ink of a page of bytes, in one of the ways it is found."""
    ink = away(page.astype(float) - paper(page))
    return ink / largest(ink)


def ink_with(paper=None, **way):
    """Return `ink_of` with a fault in it."""
    paper = paper or (lambda page: np.median(own_digit.border_of(page)))
    return lambda page: ink_by(page, paper, **way)


INK_OF = Written(
    "ink_of(page)",
    ink_with(),
    cases=(
        (bytes_page((6, 11), 230, ("left", "right"), 0),),
        (bytes_page((12, 7), 40, ("top", "bottom"), 1),),
        (bytes_page((7, 8), 200, ("corners",), 2),),
        (bytes_page((9, 8), 15, ("top", "left"), 3),),
        (bytes_page((8, 10), 210, ("bottom", "right"), 4),),
    ),
    praise="dark on bright or bright on dark: the border says what is paper.",
    doubts=(
        like(
            ink_with(lambda page: page[0, 0]),
            "one corner was taken for the paper: what if ink lies just there?",
        ),
        like(
            ink_with(lambda page: own_digit.border_of(page).mean()),
            "the *mean* of the border lies between paper and ink: which number does a stroke over "
            "the edge leave as it is?",
        ),
        like(
            ink_with(np.median),
            "the median of the whole page was taken: where on it is surely paper?",
        ),
        like(
            ink_with(np.max),
            "the brightest pixel was taken for the paper: and chalk on a board?",
        ),
        like(
            ink_with(lambda page: 255),
            "this is the page's negative: should ink not be what differs from *its* paper?",
        ),
        like(
            ink_with(lambda page: np.median(np.concatenate([page[0], page[-1]]))),
            "only the upper and the lower side were asked: has a border not four?",
        ),
        like(
            ink_with(lambda page: np.median(np.concatenate([page[:, 0], page[:, -1]]))),
            "only the left and the right side were asked: has a border not four?",
        ),
        like(
            ink_with(away=lambda off: 0 - off),
            "bright ink comes out negative: should only how far it differs not count?",
        ),
        like(
            ink_with(away=lambda off: off),
            "dark ink comes out negative: should only how far it differs not count?",
        ),
        like(
            ink_with(away=lambda off: np.maximum(-off, 0)),
            "bright ink is lost: may it not differ either way?",
        ),
        like(
            ink_with(largest=lambda ink: 1),
            "the ink goes far beyond 1: by what is it divided?",
        ),
        like(
            ink_with(largest=lambda ink: 255),
            "divided by 255, a pencil stays pale: which ink should become 1?",
        ),
        like(
            lambda page: 1 - ink_with()(page),
            "paper comes out as 1 and ink as 0: is it the other way round?",
        ),
        like(
            lambda page: ink_with()(page) * 255,
            "the strongest ink is 255: should it not be 1?",
        ),
    ),
)


def ink_of(function):
    """Check ``ink_of(page)``: bytes of a page (h, w) to ink from 0 to 1."""
    return noted(judge(INK_OF, function))


def spots(shape, box, seed, faint=0.0):
    """Return ink in a box, with an empty row and column in its middle, and faint ink elsewhere."""
    top, bottom, left, right = box
    image = np.full(shape, faint)
    image[top:bottom, left:right] = np.random.default_rng(seed).uniform(
        0.1, 1, (bottom - top, right - left)
    )
    image[(top + bottom) // 2], image[:, (left + right) // 2] = faint, faint
    return image


def cut_by(ink, rows, columns):
    """Return the part of an image from the first to the last row and column that are marked."""
    (i, k), (j, l) = (np.flatnonzero(mark)[[0, -1]] for mark in (rows, columns))
    return ink[i : k + 1, j : l + 1]


CUT_OUT = Written(
    "cut_out(ink)",
    lambda ink: ink[own_digit.box_of(ink)],
    cases=(
        (spots((9, 12), (2, 7, 3, 10), 0),),
        (spots((14, 8), (1, 10, 2, 6), 1, faint=0.03),),
        (spots((7, 10), (0, 7, 4, 8), 2),),
        (spots((10, 6), (3, 8, 1, 6), 3, faint=0.01),),
    ),
    praise="all the ink, no row or column more, and gaps inside stay.",
    returns="the part cut out",
    doubts=(
        like(
            lambda ink: ink[(ink > 0.05).any(axis=1)][:, (ink > 0.05).any(axis=0)],
            "empty rows *inside* the digit are gone as well: what is left of a gap?",
        ),
        like(
            lambda ink: cut_by(ink, (ink > 0).any(axis=1), (ink > 0).any(axis=0)),
            "faint ink counts as well: what of ink below 0.05?",
        ),
        like(
            lambda ink: ink[own_digit.box_of(ink)][:-1, :-1],
            "the last row and the last column are missing: where does a slice end?",
        ),
        like(
            lambda ink: cut_by(ink, (ink > 0.5).any(axis=1), (ink > 0.5).any(axis=0)),
            "pale ink is cut off: from where on does ink count?",
        ),
        like(
            lambda ink: ink[own_digit.box_of(ink)[0]],
            "the columns are all there: on which sides is there still paper?",
        ),
        like(
            lambda ink: ink[:, own_digit.box_of(ink)[1]],
            "the rows are all there: on which sides is there still paper?",
        ),
        like(lambda ink: ink, "nothing was cut off: is the part returned?"),
        like(
            lambda ink: ink[own_digit.box_of(ink)] > 0.05,
            "these are only True and False: where are the greys?",
        ),
        like(
            lambda ink: own_digit.box_of(ink),
            "this is where the box lies: what is in it?",
        ),
    ),
)


def cut_out(function):
    """Check ``cut_out(ink)``: the smallest part of an image with all ink above 0.05."""
    return noted(judge(CUT_OUT, function))


def mass_with(weigh=lambda image: image, first=0, order=1, mass=np.sum):
    """Return `centre_of_mass` with a fault in it."""

    def centre(image):
        image = weigh(image)
        places = [np.arange(n) + first for n in image.shape]
        row = image.sum(axis=1) @ places[0] / mass(image)
        column = image.sum(axis=0) @ places[1] / mass(image)
        return (row, column)[::order]

    return centre


CENTRE_OF_MASS = Written(
    "centre_of_mass(image)",
    own_digit.centre_of_mass,
    cases=(
        (spots((5, 9), (1, 4, 2, 9), 4),),
        (spots((12, 7), (2, 12, 0, 4), 5),),
        (spots((6, 15), (0, 3, 8, 14), 6) * 255,),
        (spots((20, 16), (4, 18, 5, 9), 7),),
    ),
    praise="the mean row and the mean column, each weighted by its ink.",
    returns="(row, column)",
    doubts=(
        like(mass_with(order=-1), "row and column have changed places: which comes first?"),
        like(
            mass_with(first=1),
            "both are too large by 1: from which number are rows counted?",
        ),
        like(
            mass_with(first=0.5),
            "both are too large by a half: does pixel (0, 0) not lie at row 0, column 0?",
        ),
        like(
            mass_with(weigh=lambda image: (image > 0).astype(float)),
            "every inked pixel weighs the same: is a dark one not heavier?",
        ),
        like(
            mass_with(weigh=np.ones_like),
            "that is the middle of the image: where does the ink come in?",
        ),
        like(
            lambda image: tuple((np.ptp(places) / 2 + places.min()) for places in image.nonzero()),
            "that is the middle of the ink's box: where does the ink balance?",
        ),
        like(
            mass_with(mass=np.size), "divided by the number of pixels: what do the weights sum to?"
        ),
        like(mass_with(mass=lambda image: 1), "sums, and no means: by what are they divided?"),
        like(mass_with(mass=np.max), "divided by the strongest ink: what do the weights sum to?"),
        like(
            lambda image: np.unravel_index(image.argmax(), image.shape),
            "that is the darkest pixel: do the others weigh nothing?",
        ),
        like(
            lambda image: tuple(np.round(own_digit.centre_of_mass(image))),
            "it is rounded to whole pixels: may it not lie between two?",
        ),
        like(
            lambda image: (image.sum(axis=1).argmax(), image.sum(axis=0).argmax()),
            "the heaviest row and column: do the others weigh nothing?",
        ),
    ),
)


def centre_of_mass(function):
    """Check ``centre_of_mass(image)``: (row, column), the means weighted by ink."""
    return noted(judge(CENTRE_OF_MASS, function))


def page_of(shape, box, seed, paper=0.9, pen=0.1):
    """Return a page with a digit's look-alike in a box: heavier below, with gaps."""
    ink = spots(shape, box, seed) * np.linspace(0.5, 1, shape[0])[:, None]
    ink[box[0], box[2]] = ink[box[1] - 1, box[3] - 1] = 0.6
    return paper + (pen - paper) * ink / ink.max()


def thin_page():
    """Return a page with a stroke one pixel wide, which scaled would be less than half a pixel."""
    page = np.ones((70, 40))
    page[5:65, 20] = np.linspace(0.8, 0, 60)
    return page


def image_with(ink=None, small=own_digit.fit_box, put=own_digit.centred):
    """Return `as_mnist` with one step done otherwise."""
    ink = ink or ink_with()
    return lambda page: put(small(ink(page)))


def put_at(small, top, left):
    """Return a 28 × 28 image with a smaller one at a place."""
    image = np.zeros((28, 28))
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def scaled(ink, h_out, w_out):
    """Return the ink's box, made h_out × w_out pixels by means."""
    cut = ink[own_digit.box_of(ink)]
    h, w = cut.shape
    return own_digit.area_matrix(h, h_out) @ cut @ own_digit.area_matrix(w, w_out).T


def aspect(ink, size=20):
    """Return height and width of the ink's box when its longer side is made `size`."""
    shape = ink[own_digit.box_of(ink)].shape
    return [max(1, round(size * n / max(shape))) for n in shape]


def picked(ink):
    """Return the ink's box made small by leaving rows and columns out."""
    cut = ink[own_digit.box_of(ink)]
    rows, columns = (np.arange(k) * n // k for k, n in zip(aspect(ink), cut.shape))
    small = cut[rows][:, columns]
    return small / small.max()


def in_the_middle(small):
    """Return a 28 × 28 image with the box in its middle."""
    return put_at(small, *((28 - n) // 2 for n in small.shape))


def at(place):
    """Return a way to put the centre of mass elsewhere than at 14."""
    return lambda small: put_at(
        small, *(round(place - middle) for middle in own_digit.centre_of_mass(small))
    )


AS_MNIST = Written(
    "as_mnist(page)",
    image_with(),
    cases=(
        (page_of((60, 90), (11, 48, 20, 45), 0),),
        (page_of((80, 64), (5, 61, 16, 49), 1, paper=0.2, pen=0.9),),
        (page_of((50, 70), (20, 38, 9, 58), 2, paper=0.7, pen=0.3),),
        (thin_page(),),
    ),
    praise="ink, box, twenty pixels, centre of mass: all of the makers' steps.",
    returns="the image",
    doubts=(
        like(
            image_with(put=in_the_middle),
            "the *box* is in the middle: where would the ink balance?",
        ),
        like(
            image_with(put=lambda small: put_at(small, 0, 0)),
            "the digit is in the upper left corner: what belongs at row 14, column 14?",
        ),
        like(
            image_with(put=at(13.5)),
            "it is half a pixel from where MNIST's are: which pixel was nearest to all centres?",
        ),
        like(
            image_with(small=lambda ink: (lambda s: s / s.max())(scaled(ink, 20, 20))),
            "the box was stretched to a square: should a 1 not stay slim?",
        ),
        like(
            image_with(small=picked),
            "rows were left out: should each new pixel not be a mean of those it covers?",
        ),
        like(
            image_with(small=lambda ink: scaled(ink, *aspect(ink))),
            "the strongest ink is below 1: what did the means do to it?",
        ),
        like(
            image_with(small=lambda ink: own_digit.fit_box(ink, 28), put=in_the_middle),
            "the longer side has 28 pixels: how many have MNIST's digits?",
        ),
        like(
            image_with(ink=lambda page: page / page.max()),
            "bright counts as ink, whatever the paper: what does the border say?",
        ),
        like(
            lambda page: image_with()(page).reshape(1, 784),
            "this is a row of 784: are 28 × 28 pixels not wanted here?",
        ),
        like(
            image_with(put=lambda small: own_digit.centred(small).T),
            "rows and columns have changed places: which of the two moves down?",
        ),
        when(
            lambda case, want, got: np.asarray(got).shape == (28, 28) and np.max(got) > 1.01,
            "ink goes beyond 1: by what is it divided?",
        ),
    ),
)


def as_mnist(function):
    """Check ``as_mnist(page)``: a page (h, w) to an image (28, 28) as MNIST's makers made it."""
    return noted(judge(AS_MNIST, function))


CHOICES = (
    Choice(
        "sure of a letter",
        right="b6e06cce8a",
        sentences={
            "3d9517ca07": (
                "does the network compare shapes with a model of a 5, or ten scores with each "
                "other?"
            ),
            "4066e769c9": (
                "more training makes it surer still: is there anything in the training that is no "
                "digit?"
            ),
            "58c3fcad70": (
                "so it would be with images like those of the training: is a letter one of them?"
            ),
            "b6e06cce8a": (
                "confidence is about a choice between ten digits. Whether it is a digit at all, "
                "nobody asked the network."
            ),
        },
    ),
)
