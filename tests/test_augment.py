"""Lab 10's distortions, held against SciPy's own."""

import numpy as np
import pytest
from scipy import ndimage

from nnlib.labs import augment


@pytest.fixture
def images(digits):
    return digits.X_train[:20]


def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("down, right", [(0, 0), (2, 0), (-3, 1), (0, -4), (5, 6), (-28, 28)])
def test_a_shift_is_a_roll_with_zeros_coming_in(down, right):
    X = rng().random((4, 784)) + 1  # no zeros of its own
    rolled = np.roll(X.reshape(-1, 28, 28), (down, right), axis=(1, 2))
    i = np.arange(28)
    from_inside = (0 <= i - down) & (i - down < 28)
    from_inside_x = (0 <= i - right) & (i - right < 28)
    expected = rolled * from_inside[:, None] * from_inside_x
    assert (augment.shift_images(X, down, right) == expected.reshape(4, 784)).all()


@pytest.mark.parametrize("shape", [(5, 64), (49, 256), (4, 785), (784,), (1, 28, 28), (0, 784)])
def test_images_of_another_size_are_refused_and_not_mixed(shape):
    """49 images of 16 × 16 hold as many pixels as 16 of 28 × 28: a reshape would take them."""
    for move in (lambda X: augment.shift_images(X, 1, 0), lambda X: augment.shift_images(X, 0, 0)):
        with pytest.raises(ValueError, match=r"^X must .*784|^X must be a non-empty") as error:
            move(np.zeros(shape))
        assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_a_field_of_one_whole_shift_shifts(images):
    fields = np.empty((20, 2, 28, 28))
    fields[:, 0], fields[:, 1] = -2, 3  # looked up 2 above and 3 to the right
    assert (augment.bilinear(images, fields) == augment.shift_images(images, 2, -3)).all()


def test_bilinear_equals_scipy_inside_and_outside(images):
    fields = rng().normal(0, 6, (20, 2, 28, 28))  # many places lie outside
    i = np.arange(28)
    for image, field, moved in zip(images, fields, augment.bilinear(images, fields)):
        places = [field[0] + i[:, None], field[1] + i]
        expected = ndimage.map_coordinates(
            image.reshape(28, 28), places, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(moved.reshape(28, 28), expected, atol=1e-12)


@pytest.mark.parametrize("sigma", [1, 2.5, 4, 6])
def test_the_smoothing_matrix_equals_scipys_gaussian_filter(sigma):
    U, G = rng().normal(size=(28, 28)), augment.smoothing_matrix(sigma)
    expected = ndimage.gaussian_filter(U, sigma, mode="constant", truncate=8)
    np.testing.assert_allclose(G @ U @ G.T, expected, atol=1e-6)


def test_no_strength_leaves_the_images_as_they_are(images):
    assert (augment.distort(images, rng(), (0, 0, 0, 0), (0, 4)) == images).all()
    assert (augment.distort(images, rng(), None, None) == images).all()


@pytest.mark.parametrize("affine, elastic", [((12, 0.1, 0.1, 1), None), (None, (34, 4))])
def test_distorted_images_change_but_stay_images(images, affine, elastic):
    distorted = augment.distort(images, rng(), affine, elastic)
    assert distorted.shape == images.shape
    assert 0 <= distorted.min() and distorted.max() <= 1 + 1e-6
    assert (np.abs(distorted - images).max(axis=1) > 0.2).all()
    assert np.corrcoef(distorted.ravel(), images.ravel())[0, 1] > 0.4


def test_the_seed_decides_the_distortions(images):
    first, again = augment.distort(images, rng()), augment.distort(images, rng())
    other = augment.distort(images, np.random.default_rng(4))
    assert (first == again).all() and (first != other).any()


def test_affine_fields_are_affine_and_within_their_bounds():
    fields = augment.affine_fields(200, rng(), 10, 0.2, 0.1, 2).astype(float)
    for axis in (2, 3):  # the second differences of a plane are 0
        assert np.abs(np.diff(fields, 2, axis=axis)).max() < 1e-4
    centre = fields.mean(axis=(2, 3))  # the images' centre is only shifted
    assert 1.5 < np.abs(centre).max() <= 2 + 1e-4


def test_a_rotation_keeps_distances():
    fields = augment.affine_fields(50, rng(), 30, 0, 0, 0).astype(float)
    i = np.arange(28) - 13.5
    y, x = fields[:, 0] + i[:, None], fields[:, 1] + i
    radius = np.broadcast_to(i[:, None] ** 2 + i**2, y.shape)
    np.testing.assert_allclose(y**2 + x**2, radius, atol=1e-3)
    cosine = (y * i[:, None] + x * i).sum(axis=(1, 2)) / radius.sum(axis=(1, 2))
    angles = np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))
    assert 25 < angles.max() <= 30.01 and angles.min() < 5


def test_elastic_fields_move_pixels_as_far_as_the_docstring_says_and_smoothly():
    fields = augment.elastic_fields(200, rng(), 34, 4)[:, :, 8:20, 8:20]
    assert 1.2 < fields.std() < 1.6
    neighbours = np.corrcoef(fields[..., :-1].ravel(), fields[..., 1:].ravel())[0, 1]
    assert neighbours > 0.95


def test_float32_stays_float32(images):
    X = images.astype(np.float32)
    assert augment.affine_fields(3, rng()).dtype == np.float32
    assert augment.elastic_fields(3, rng()).dtype == np.float32
    assert augment.distort(X, rng()).dtype == np.float32
    assert augment.distort(images, rng()).dtype == np.float64


def moments(images):
    """Return each image's yy, xy and xx about its centre of mass, from scipy's centre."""
    found = []
    for image in images.reshape(-1, 28, 28).astype(float):
        row, column = ndimage.center_of_mass(image)
        y, x = np.arange(28)[:, None] - row, np.arange(28) - column
        found.append([(image * a).sum() / image.sum() for a in (y * y, x * y, x * x)])
    return np.array(found).T


def test_upright_digits_lean_no_more(images):
    yy, xy, _ = moments(images)
    assert (np.abs(xy / yy) > 0.1).sum() > 8  # there was something to set upright
    yy, xy, _ = moments(augment.upright(images))
    assert np.abs(xy / yy).max() < 0.02
    yy, xy, _ = moments(augment.upright(images, 14))
    assert np.abs(xy / yy).max() < 0.03


@pytest.mark.parametrize("width", [12, 16])
def test_upright_digits_are_as_wide_as_asked_and_no_more_than_doubled(images, width):
    alone = moments(augment.upright(images))
    made = np.sqrt(12 * moments(augment.upright(images, width))[2])
    expected = np.minimum(width, 2 * np.sqrt(12 * alone[2]))
    assert (expected < width).any() and (expected == width).any()
    np.testing.assert_allclose(made, expected, rtol=0.06)


def test_a_digit_leant_further_is_set_as_upright(images):
    y = np.arange(28)[:, None] - np.array(
        [ndimage.center_of_mass(i.reshape(28, 28))[0] for i in images]
    )
    fields = np.zeros((20, 2, 28, 28))
    fields[:, 1] = 0.2 * y.T[:, :, None]
    leant, expected = augment.upright(augment.bilinear(images, fields)), augment.upright(images)
    assert np.abs(leant - expected).mean() < 0.03 < np.abs(leant - images).mean()


def test_a_digit_that_stands_upright_stays_and_keeps_its_centre(images):
    bar = np.zeros((1, 28, 28))
    bar[:, 5:23, 12:16] = 1
    np.testing.assert_allclose(
        augment.upright(bar.reshape(1, 784)), bar.reshape(1, 784), atol=1e-12
    )
    for before, after in zip(images, augment.upright(images, 14)):
        centres = [ndimage.center_of_mass(i.reshape(28, 28)) for i in (before, after)]
        np.testing.assert_allclose(*centres, atol=0.2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_has_no_width_gives_no_nan(dtype):
    nothing, dot, line, diagonal = np.zeros((4, 28, 28), dtype)
    dot[10, 10], line[14, 3:25], diagonal[range(28), range(28)] = 1, 1, 1
    for image in (nothing, dot, line, line.T, diagonal):
        for width in (None, 14):
            made = augment.upright(image.reshape(1, 784), width)
            assert np.isfinite(made).all() and made.dtype == dtype
    assert (augment.upright(nothing.reshape(1, 784)) == 0).all()
