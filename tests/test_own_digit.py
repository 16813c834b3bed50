"""Lab 9: from a page to an image, held against SciPy, Pillow, and MNIST's own images."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pandas as pd
import PIL
import pytest
from PIL import Image
from scipy import ndimage

import nnlib
from nnlib.labs import own_digit
from nnlib.plumbing.picture import open_page

DRAWINGS = Path(__file__).parent.parent / "notebooks" / "drawings"


def script(name):
    """Return drawings/NAME.py as a module."""
    spec = importlib.util.spec_from_file_location(name, DRAWINGS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reader(digits):
    """784-128-64-10, trained on the bundled digits."""
    params = nnlib.init_params([784, 128, 64, 10])
    return nnlib.train(params, digits, 0.1, batch_size=32, epochs=10)


# ---------------------------------------------------------------- against SciPy and Pillow


def test_centre_of_mass_is_scipys():
    image = np.random.default_rng(0).random((7, 11))
    assert np.allclose(own_digit.centre_of_mass(image), ndimage.center_of_mass(image))


@pytest.mark.parametrize("reach", [0, 1, 3, 20])
@pytest.mark.parametrize("shape", [(9, 12), (1, 5), (30, 4)])
def test_local_mean_and_max_are_those_of_the_square(shape, reach):
    image = np.random.default_rng(0).random(shape)
    padded = np.pad(image, reach, constant_values=np.nan)
    squares = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1,) * 2)
    assert np.allclose(own_digit.local_mean(image, reach), np.nanmean(squares, axis=(2, 3)))
    assert (own_digit.local_max(image, reach) == np.nanmax(squares, axis=(2, 3))).all()
    theirs = ndimage.maximum_filter(image, 2 * reach + 1, mode="nearest")
    assert (own_digit.local_max(image, reach) == theirs).all()


@pytest.mark.parametrize("share", [0, 0.1, 0.4, 0.6, 1])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (40, 30)])
def test_connected_parts_are_scipys_with_corners(shape, share):
    mask = np.random.default_rng(0).random(shape) < share
    assert (own_digit.connected_parts(mask) == ndimage.label(mask, np.ones((3, 3)))[0]).all()


@pytest.mark.parametrize("n, n_out", [(5, 3), (100, 20), (7, 20), (20, 20), (3, 1)])
def test_area_matrix_takes_means(n, n_out):
    R = own_digit.area_matrix(n, n_out)
    assert R.shape == (n_out, n) and np.allclose(R.sum(axis=1), 1)
    assert np.allclose(R.sum(axis=0), n_out / n)  # every row counts alike
    fine = np.repeat(np.random.default_rng(0).random(n), n_out)  # each old row in n_out pieces
    assert np.allclose(R @ fine[::n_out], fine.reshape(n_out, n).mean(axis=1))


def test_a_box_is_scaled_as_pillow_does():
    ink = np.zeros((160, 120))
    ink[20:140, 30:90] = np.random.default_rng(0).random((120, 60)) * 0.9 + 0.1
    theirs = Image.fromarray(ink[20:140, 30:90].astype(np.float32)).resize((10, 20), Image.BOX)
    assert np.allclose(own_digit.fit_box(ink), np.asarray(theirs) / np.max(theirs), atol=1e-5)


# ---------------------------------------------------------------- against MNIST


def test_mnists_own_images_stay_where_they_are(digits):
    X = np.concatenate([digits.X_train, digits.X_valid, digits.X_test]).reshape(-1, 28, 28)
    again = np.array([own_digit.normalise(x) for x in X]).reshape(-1, 28, 28)
    centres = [np.array([own_digit.centre_of_mass(x) for x in images]) for images in (X, again)]
    moved = np.abs(centres[0] - centres[1]).max(axis=1)
    assert moved.max() < 1 and np.mean(moved < 0.1) > 0.995
    same = np.abs(again - X).max(axis=(1, 2)) < 1.5 / 255
    assert same.mean() > 0.9


def test_the_same_page_in_every_guise_gives_the_same_image(digits):
    page = 1 - np.pad(digits.X_test[0].reshape(28, 28), 5)
    wanted = nnlib.read_image(page)
    wide = np.full((60, 50), page.max())
    wide[20:58, 3:41] = page
    for other in (1 - page, 0.3 + 0.1 * page, page.T[::-1].T[::-1], wide):
        image = nnlib.read_image(other)
        if other.shape == page.shape and np.allclose(other, page[::-1, ::-1]):
            continue
        assert np.allclose(image, wanted, atol=1e-6)
    assert wanted.shape == (1, 784) and wanted.dtype == np.float64
    assert wanted.min() == 0 and wanted.max() == 1


@pytest.mark.parametrize("kind", script("measure").KINDS, ids=lambda kind: kind.__name__)
def test_pages_are_read_as_well_as_the_images_themselves(kind, digits, reader):
    """On the bundled digits; measure.py counts with a network that has seen all of MNIST."""
    X, y = digits.X_test[:100], digits.y_test[:100]
    itself = (reader.predict(X) == y).sum()
    assert (reader.predict(script("measure").read_back(kind, X)) == y).sum() >= itself - 3


def test_the_measured_bar_is_held():
    """What measure.py wrote: at least 97 of 100 on each kind, where the network itself has 99."""
    import pandas as pd

    table = pd.read_csv(DRAWINGS.parent / "results" / "own_digit.csv", index_col="what")
    itself, pages = table.loc["digits for the pages"], table[table.index.str.startswith("page: ")]
    assert itself["right"] >= 0.99 * itself["of"] and len(pages) == len(script("measure").KINDS)
    assert len(pages) >= 12 and (pages["right"] >= 0.97 * pages["of"]).all()


# ---------------------------------------------------------------- pieces of ink


def test_specks_and_what_runs_off_the_page_are_dropped():
    ink = np.zeros((200, 200))
    ink[40:160, 80:110] = 1  # the digit
    ink[40:50, 115:150] = 1  # its second stroke
    ink[180:183, 20:23] = 1  # a speck
    ink[0:20, 0:30] = 1  # something at the edge
    digit = own_digit.keep_digit(ink)
    assert digit[100, 90] == digit[45, 130] == 1 and digit.sum() == 120 * 30 + 10 * 35


@pytest.mark.parametrize("brightness", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("degrees", [-12, -5, 5, 12, 20])
def test_a_table_beside_a_sheet_askew_is_no_ink(degrees, brightness):
    """In the corners, or along a side: the digit that is kept is the one on the sheet alone."""

    def kept(photo):
        return own_digit.keep_digit(own_digit.find_ink(open_page(photo)))

    sheet = Image.open(DRAWINGS / "5_plain.png").convert("L").resize((400, 400))
    alone = kept(sheet.rotate(degrees, Image.BICUBIC, fillcolor=255))
    fill = int(255 * brightness)
    corners = sheet.rotate(degrees, Image.BICUBIC, fillcolor=fill)
    side = Image.new("L", (460, 400), fill)
    side.paste(corners, (60, 0))
    assert alone.mean() > 0.09  # of the page
    for digit in (kept(corners), kept(side)[:, 60:]):
        assert digit.shape == alone.shape and np.mean(digit != alone) < 0.005


def test_a_digit_cut_along_its_ink_keeps_its_pieces():
    """A 3 in pieces: the one that touches no side isn't taken for the whole digit."""
    ink = np.zeros((120, 80))
    ink[0:12, 10:70] = ink[20:50, 68:80] = ink[95:120, 5:75] = ink[60:90, 0:10] = 1  # the sides
    ink[50:85, 30:60] = 1  # inside, and long enough for a digit
    assert (own_digit.keep_digit(ink) == ink).all()


def test_what_fills_the_frame_is_kept():
    ink = np.zeros((100, 60))
    ink[0:100, 25:35] = 1
    ink[50:60, 0:60] = 1
    assert (own_digit.keep_digit(ink) == ink).all()


def test_a_line_of_digits_is_taken_apart():
    page = np.concatenate(
        [
            open_page(DRAWINGS / f"{d}_{k}.png")
            for d, k in ((1, "plain"), (5, "thick"), (4, "plain"))
        ],
        axis=1,
    )
    digits = own_digit.split_digits(own_digit.keep_digit(own_digit.find_ink(page)))
    assert len(digits) == 3
    for k, name in enumerate(("1_plain", "5_thick", "4_plain")):
        alone = own_digit.keep_digit(own_digit.find_ink(open_page(DRAWINGS / f"{name}.png")))
        assert (digits[k][:, 140 * k : 140 * (k + 1)] == alone).all()
    with pytest.raises(ValueError, match="several digits, side by side"):
        nnlib.read_image(page)


# ---------------------------------------------------------------- the drawings


def test_what_distortions_are_worth_is_stored_whole(monkeypatch):
    """Ten networks of each kind have read everything, and counting gives such rows."""
    monkeypatch.syspath_prepend(str(DRAWINGS.parent))
    from drawings import distorted

    stored = pd.read_csv(distorted.RESULTS)
    assert sorted(set(stored["trained"])) == sorted(distorted.TRAINED)
    per_network = stored.groupby(["trained", "seed"]).size()
    assert len(per_network) == 2 * distorted.SEEDS and per_network.nunique() == 1
    assert (stored["count"] <= stored["of"]).all() and (stored["count"] >= 0).all()
    sets = stored[stored["seed"] == 0].groupby(["trained", "set"])
    assert sets.get_group(("distorted", "european 1"))["count"].sum() == 100
    X, y, groups = distorted.drawn(DRAWINGS)
    always_one = [(np.zeros((784, 10)), np.eye(10)[1])]
    rows = distorted.count(always_one, {"more drawings": (X, y, groups)})
    found = {what: (n, of) for name, what, n, of in rows if name == "more drawings"}
    assert found["digit 1"] == (12, 12) and found["digit 2"] == (0, 12)
    assert found["european 1"] == (5, 5) and found["plain"] == (1, 10)
    assert ("european 1", "as 1", 5, 5) in rows and ("european 1", "as 7", 0, 5) in rows


def test_the_drawings_are_what_the_script_draws(tmp_path):
    script("make").make(tmp_path)
    made, stored = (
        {path.name: path for path in folder.iterdir() if path.suffix not in (".py", ".pyc")}
        for folder in (tmp_path, DRAWINGS)
    )
    stored = {name: path for name, path in stored.items() if path.is_file()}
    assert set(made) == set(stored) and len(made) == 130
    same_pillow = PIL.__version__ == "13.0.0"
    for name, path in made.items():
        a, b = open_page(path), open_page(stored[name])
        assert a.shape == b.shape and np.abs(a - b).max() < 0.1, name
        assert not same_pillow or path.read_bytes() == stored[name].read_bytes(), name
    assert sum(path.stat().st_size for path in stored.values()) < 300_000


def test_most_drawings_are_read(reader):
    X, names = nnlib.read_images(DRAWINGS)
    y = np.array([int(name[0]) for name in names])
    assert X.shape == (130, 784) and names == sorted(names)
    right = reader.predict(X) == y
    assert right.mean() > 0.85
    for kind in ("plain", "thick", "small", "corner", "inverted", "alpha", "shadow", "lined"):
        assert right[[f"_{kind}." in name for name in names]].sum() >= 9, kind


def test_reading_takes_well_under_a_second():
    photo = Image.open(DRAWINGS / "5_shadow.jpg").resize((3000, 4000))
    nnlib.read_image(photo)
    start = time.process_time()
    nnlib.read_image(photo)
    assert time.process_time() - start < 2
