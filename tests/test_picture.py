"""`read_image`: every format, everything that can be wrong with a picture, and the command line."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnlib
from nnlib.__main__ import main
from nnlib.plumbing import picture
from nnlib.plumbing.picture import open_page

DRAWINGS = Path(__file__).parent.parent / "notebooks" / "drawings"


@pytest.fixture(scope="module")
def page():
    """A 7 of ours, as bytes: black on white, and not the same when turned or mirrored."""
    return np.asarray(Image.open(DRAWINGS / "7_plain.png"))


@pytest.fixture(scope="module")
def wanted(page):
    return nnlib.read_image(page)


def close(image, wanted, most=0.15):
    """Say whether two images show the same, up to a codec's traces."""
    return image.shape == wanted.shape and np.abs(image - wanted).mean() < most / 10


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize(
    "name, options",
    [
        ("a.png", {}), ("a.jpg", {"quality": 60}), ("a.webp", {"quality": 60}), ("a.bmp", {}),
        ("a.gif", {}), ("a.tif", {}), ("a.tiff", {"compression": "tiff_lzw"}),
        ("a.webp", {"lossless": True}), ("A.PNG", {}), ("ä 7.jpeg", {}),
    ],
)  # fmt: skip
def test_every_format_is_read(tmp_path, page, wanted, name, options):
    Image.fromarray(page).save(tmp_path / name, **options)
    assert close(nnlib.read_image(tmp_path / name), wanted)
    assert close(nnlib.read_image(str(tmp_path / name)), wanted)


def test_a_name_that_lies_about_the_format_is_no_trouble(tmp_path, page, wanted):
    Image.fromarray(page).save(tmp_path / "a.png", format="JPEG")
    assert close(nnlib.read_image(tmp_path / "a.png"), wanted)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LA", "F"])
def test_every_kind_of_pixel_is_read(page, wanted, mode):
    image = Image.fromarray(page)
    image = image.convert("RGB").convert(mode) if mode == "HSV" else image.convert(mode)
    assert close(nnlib.read_image(image), wanted)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_16_bits(tmp_path, page, wanted, ending):
    Image.fromarray(page.astype(np.uint16) * 257).save(tmp_path / f"a.{ending}")
    assert close(nnlib.read_image(tmp_path / f"a.{ending}"), wanted)
    low = 30_000 + page.astype(np.uint16) * 10  # all of it within one step of 8 bits' ten
    Image.fromarray(low).save(tmp_path / f"b.{ending}")
    assert close(nnlib.read_image(tmp_path / f"b.{ending}"), wanted)


def test_transparent_pages_black_ink_and_white_ink(tmp_path, page, wanted):
    ink = Image.fromarray(255 - page)
    for colour in (0, 255):
        image = Image.merge("LA", (Image.new("L", ink.size, colour), ink))
        image.save(tmp_path / "a.png")
        assert close(nnlib.read_image(tmp_path / "a.png"), wanted), colour
        image.convert("RGBA").save(tmp_path / "b.webp", lossless=True)
        assert close(nnlib.read_image(tmp_path / "b.webp"), wanted), colour


def test_a_palette_with_a_transparent_colour(tmp_path, page, wanted):
    image = Image.fromarray((page < 128).astype(np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 0, 120] + [0] * 762)
    image.save(tmp_path / "a.gif", transparency=0)
    image.save(tmp_path / "a.png", transparency=0)
    for name in ("a.gif", "a.png"):
        assert close(nnlib.read_image(tmp_path / name), wanted)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_that_the_phone_has_turned(tmp_path, page, wanted, turn):
    """EXIF says how the camera was held; the pixels lie as they came from the chip."""
    undo = {2: (Image.FLIP_LEFT_RIGHT,), 3: (Image.ROTATE_180,), 4: (Image.FLIP_TOP_BOTTOM,),
            5: (Image.TRANSPOSE,), 6: (Image.ROTATE_90,), 7: (Image.TRANSVERSE,),
            8: (Image.ROTATE_270,)}  # fmt: skip
    image = Image.fromarray(page)
    for step in undo.get(turn, ()):
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = turn
    image.save(tmp_path / "a.jpg", exif=exif, quality=90)
    assert close(nnlib.read_image(tmp_path / "a.jpg"), wanted)


def test_only_the_first_picture_of_several_is_read(tmp_path, page, wanted):
    frames = [Image.fromarray(p) for p in (page, page.T, page[::-1])]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    for name in ("a.gif", "a.tif"):
        assert close(nnlib.read_image(tmp_path / name), wanted)


def test_a_phones_12_megapixels(tmp_path, page, wanted):
    Image.fromarray(page).resize((3000, 4000), Image.BICUBIC).save(tmp_path / "a.jpg")
    assert max(open_page(tmp_path / "a.jpg").shape) <= picture.LONGEST_SIDE
    tall = nnlib.read_image(Image.fromarray(page).resize((300, 400), Image.BICUBIC))
    assert close(nnlib.read_image(tmp_path / "a.jpg"), tall, most=0.3)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p, lambda p: p / 255, lambda p: (p / 255).astype(np.float32), lambda p: p > 127,
        lambda p: p.astype(int), lambda p: p.astype(float), lambda p: p.astype(np.uint16) * 257,
        lambda p: p[..., None], lambda p: np.stack([p] * 3, axis=2), lambda p: p.tolist(),
        lambda p: np.stack([p / 255] * 3, axis=2), lambda p: np.asfortranarray(p),
        lambda p: np.stack([0 * p, 0 * p, 0 * p, 255 - p], axis=2), lambda p: Image.fromarray(p),
    ],
)  # fmt: skip
def test_arrays_of_every_kind(page, wanted, make):
    assert close(nnlib.read_image(make(page)), wanted)


def test_an_image_of_mnist_as_a_row_or_a_square(digits):
    x = digits.X_test[0]
    square = nnlib.read_image(x.reshape(28, 28))
    assert (nnlib.read_image(x) == square).all() and (nnlib.read_image(x[None]) == square).all()


def test_what_is_handed_in_is_left_as_it_was(page):
    image, array = Image.fromarray(page).convert("RGBA"), page / 255
    before = array.copy()
    nnlib.read_image(image)
    nnlib.read_image(array)
    assert image.mode == "RGBA" and image.size == (140, 140) and (array == before).all()


# ---------------------------------------------------------------- what can be wrong


def refused(tmp_path, name, content):
    """Return the sentence with which a file of this content is refused."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        nnlib.read_image(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence and sentence.endswith(".")
    assert len(sentence) < len(str(path)) + 200
    return sentence


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.png", b"", "It is empty"),
        ("a.jpg", b"hello", "no picture"),
        ("a.png", b"<html><body>Sign in</body></html>", "no picture"),
        ("IMG_1.HEIC", b"\0\0\0\x28ftypheic\0\0\0\0mif1heic" + b"\0" * 50, "HEIC"),
        ("scan.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 60, "office"),
        ("digits.csv", b"label,pixel0\n5,0\n", "no picture"),
    ],
)
def test_a_file_that_is_no_picture(tmp_path, name, content, words):
    assert words in refused(tmp_path, name, content)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "gif", "tif"])
def test_a_damaged_file(tmp_path, page, ending):
    """Cut off, or with other bytes in the middle: a sentence, or an image that survived."""
    buffer = io.BytesIO()
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(ending, ending.upper())
    Image.fromarray(page).save(buffer, kind)
    whole = buffer.getvalue()
    assert "damaged" in refused(tmp_path, f"cut.{ending}", whole[: len(whole) // 2])
    rng, path = np.random.default_rng(0), tmp_path / f"any.{ending}"
    for _ in range(100):
        broken = bytearray(whole)
        for place in rng.integers(0, len(whole), 4):
            broken[place] = rng.integers(0, 256)
        path.write_bytes(broken)
        try:
            said = f"{path}: {nnlib.read_image(path).shape}"
        except ValueError as error:
            said = str(error)
        assert said.startswith(f"{path}: ") and "\n" not in said


def png_of(width, height):
    """Return a PNG that claims to be this large, and is a few bytes long."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [11_000, 14_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, side):
    assert "100 million pixels" in refused(tmp_path, "bomb.png", png_of(side, side))


@pytest.mark.filterwarnings("error")
def test_no_warning_of_pillows_gets_out(tmp_path):
    assert "damaged" in refused(tmp_path, "wide.png", png_of(9_800, 9_800))


def test_folders_and_files_that_are_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"is a folder: nnlib\.read_images"):
        nnlib.read_image(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"There is no file .*photo\.png\.$"):
        nnlib.read_image(tmp_path / "photo.png")
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        nnlib.read_images(tmp_path / "none")
    with pytest.raises(ValueError, match="holds no pictures"):
        nnlib.read_images(tmp_path)
    (tmp_path / "a.png").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"is a file: nnlib\.read_image reads"):
        nnlib.read_images(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png: It is no picture"):
        nnlib.read_images(tmp_path)
    with pytest.raises(ValueError, match="A picture is a path"):
        nnlib.read_image(None)


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_an_empty_page_says_so(tmp_path, level):
    Image.new("L", (100, 120), level).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png: There is no ink on it"):
        nnlib.read_image(tmp_path / "a.png")


def test_an_empty_page_that_was_photographed_says_so():
    rng = np.random.default_rng(0)
    page = np.linspace(0.6, 0.9, 300) + rng.normal(0, 0.005, (200, 300))
    with pytest.raises(ValueError, match="There is no ink on it"):
        nnlib.read_image(page)


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros((3, 3)), "too few"), (np.zeros((1, 90)), "too few"),
        (np.zeros((0, 28)), "A picture is a path"), (np.zeros(100), "A picture is a path"),
        (np.zeros((28, 28, 7)), "A picture is a path"), (np.zeros((2, 28, 28, 3)), "A picture"),
        (np.full((28, 28), np.nan), "NaN"), (np.full((28, 28), -1.0), "go from -1 to -1"),
        (np.full((28, 28), 1e9), "go from 1e\\+09"), (np.array([["a"] * 28] * 28), "A picture is"),
        ([[1, 2], [3]], "A picture is a path"),
    ],
)  # fmt: skip
def test_arrays_that_are_no_picture(array, words):
    with pytest.raises(ValueError, match=words):
        nnlib.read_image(array)


@pytest.mark.parametrize("degrees", [0, 3, 8, 20, 45])
def test_a_sheet_on_a_table_is_refused(degrees):
    page = np.full((300, 300), 51, np.uint8)
    page[60:240, 80:220] = 230
    page[100:200, 140:160] = 25
    photo = Image.fromarray(page).rotate(degrees, Image.BICUBIC, fillcolor=51)
    with pytest.raises(ValueError, match="a sheet of paper on a table"):
        nnlib.read_image(photo)


# ---------------------------------------------------------------- the command line


@pytest.fixture(scope="module")
def weights(tmp_path_factory, digits):
    path = tmp_path_factory.mktemp("weights") / "digits.npz"
    nnlib.save_params(path, nnlib.train(nnlib.init_params([784, 10, 10]), digits, 0.1, 32, 3))
    return path


def test_pictures_are_read_by_saved_weights(tmp_path, weights):
    command = [sys.executable, "-m", "nnlib", "--load", str(weights), "--read"]
    names = [str(DRAWINGS / "7_plain.png"), str(DRAWINGS / "0_shadow.jpg")]
    done = subprocess.run(command + names, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    first, second, last = done.stdout.splitlines()
    assert first.startswith(f"{names[0]}: 7, ") and " sure (next: " in first
    assert second.startswith(f"{names[1]}: 0, ")
    assert last == f"what the network saw: {Path('figures', 'read.png')}"
    assert Image.open(tmp_path / "figures" / "read.png").size[0] > 200
    assert not (tmp_path / "figures" / "learning_curves.png").exists()


def test_saved_weights_alone_are_measured(tmp_path, weights, capsys):
    assert main(["--load", str(weights), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("test accuracy: 0.8")


@pytest.mark.parametrize(
    "options, status, words",
    [
        (["--read", "a.png"], 2, "--read needs --load"),
        (["--load", "none.npz", "--read", "a.png"], 1, "none.npz"),
        (["--load", "WEIGHTS", "--read", "none.png"], 1, "There is no file none.png."),
        (["--load", "SMALL", "--read", "none.png"], 1, "holds a network for images of 7"),
    ],
)
def test_what_is_wrong_with_the_options_is_said(tmp_path, weights, capsys, options, status, words):
    small = tmp_path / "small.npz"
    nnlib.save_params(small, nnlib.init_params([7, 5, 3]))
    places = {"WEIGHTS": str(weights), "SMALL": str(small)}
    options = [places.get(option, option) for option in options] + ["--out", str(tmp_path)]
    try:
        found = main(options)
    except SystemExit as error:
        found = error.code
    said = capsys.readouterr().err
    assert found == status and words in said and "Traceback" not in said
