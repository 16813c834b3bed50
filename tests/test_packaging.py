"""The package as it is installed: whole, nothing stale, complete in its source archive."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import nnlib

ROOT = Path(__file__).parent.parent
build = pytest.importorskip(
    "flit_core.buildapi", reason="flit_core, which builds, is not installed"
)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of what is built from, which a test may change; the builder works in its folder."""
    folder = tmp_path / "a copy"
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "nnlib", folder / "nnlib", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    monkeypatch.chdir(folder)
    return folder


def built_wheel():
    """Build the wheel of the current folder, without network; return its path."""
    Path("out").mkdir(exist_ok=True)
    return Path("out") / build.build_wheel("out")


def modules(folder):
    """Return the modules of nnlib below a folder, by their files' names from there."""
    return {path.relative_to(folder).as_posix() for path in (folder / "nnlib").rglob("*.py")}


def test_the_wheel_holds_every_module_and_each_imports_from_it(checkout):
    wheel = zipfile.ZipFile(built_wheel())
    with wheel:
        inside = {name for name in wheel.namelist() if name.endswith(".py")}
        assert inside == modules(checkout) and len(inside) > 20
        wheel.extractall("unpacked")
    names = [name.removesuffix(".py").removesuffix("/__init__") for name in sorted(inside)]
    names = [name.replace("/", ".") for name in names if not name.endswith("__main__.py")]
    code = (
        "import importlib, sys; sys.path.insert(0, 'unpacked')\n"
        "for name in sys.argv[1:]:\n"
        "    assert 'unpacked' in importlib.import_module(name).__file__, name"
    )
    subprocess.run([sys.executable, "-c", code, *names], check=True)


def test_a_removed_module_is_in_no_later_wheel(checkout):
    room = checkout / "nnlib" / "labs" / "removed"
    room.mkdir()
    (room / "__init__.py").write_text('"""A room of its own."""\n', encoding="utf-8")
    (checkout / "nnlib" / "gone.py").write_text("", encoding="utf-8")
    with zipfile.ZipFile(built_wheel()) as wheel:
        assert {"nnlib/labs/removed/__init__.py", "nnlib/gone.py"} <= set(wheel.namelist())
    shutil.rmtree(room)
    (checkout / "nnlib" / "gone.py").unlink()
    with zipfile.ZipFile(built_wheel()) as wheel:
        assert not [name for name in wheel.namelist() if "removed" in name or "gone" in name]
    assert {path.name for path in checkout.iterdir()} == {
        "nnlib", "out", "pyproject.toml", "README.md", "LICENSE",
    }, "building leaves something in the checkout"  # fmt: skip


def test_the_version_stands_in_one_place(checkout):
    assert re.fullmatch(r"nnlib-(.*)-py3-none-any\.whl", built_wheel().name)[1] == nnlib.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project and project["dynamic"] == ["version"]


def test_an_installed_copy_has_the_command_and_names_only_what_it_has(checkout):
    """It downloads into the user's cache folder, and knows no data/README.md."""
    with zipfile.ZipFile(built_wheel()) as wheel:
        wheel.extractall("unpacked")
        (scripts,) = (n for n in wheel.namelist() if n.endswith("entry_points.txt"))
        assert "nnlib=nnlib.__main__:main" in wheel.read(scripts).decode()
    code = (
        "import sys; sys.path.insert(0, 'unpacked')\n"
        "from nnlib.plumbing import mnist\n"
        "assert 'unpacked' in mnist.__file__, mnist.__file__\n"
        "print(mnist.download_folder(), mnist.more())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "unpacked" not in done.stdout and "README" not in done.stdout
    assert "nnlib" in Path(done.stdout.strip()).parts


@pytest.fixture
def tracked():
    """The files that git knows here and that are there."""
    git = shutil.which("git") or pytest.skip("git is not installed")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode != 0:
        pytest.skip("not a checkout: git knows no files here")
    return {n for n in listed.stdout.decode().split("\0") if n and (ROOT / n).exists()}


def test_the_source_archive_holds_what_git_does(tracked, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with tarfile.open(tmp_path / build.build_sdist(str(tmp_path))) as archive:
        packed = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    assert tracked - packed == set(), "tool.flit.sdist in pyproject.toml leaves these out"
    more = [name for name in packed - tracked if not name.endswith((".py", "PKG-INFO"))]
    assert not [name for name in more if re.search(r"__pycache__|checkpoints|\.npz|figures/", name)]


def pins(text):
    """Return {name: version} of the lines name==version in a requirements file."""
    return dict(re.findall(r"(?m)^([\w-]+)==([\w.]+)", text))


def test_the_oldest_versions_tested_are_the_oldest_allowed_and_ours_are_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = dict(line.split(">=") for line in project["dependencies"])
    oldest = pins((ROOT / ".ci" / "oldest.txt").read_text(encoding="utf-8"))
    ours = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    for name, bound in bounds.items():
        assert oldest[name] in (bound, f"{bound}.0"), name
        if name in ours:
            assert numbers(ours[name]) >= numbers(bound), name


def numbers(version):
    """Return a version as numbers, which compare as versions do."""
    return [int(part) for part in version.split(".")]


def test_style_is_checked_by_one_version_of_ruff():
    files = ("pyproject.toml", ".pre-commit-config.yaml")
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in files]
    found = [re.findall(r'"ruff==([\d.]+)"', text) for text in texts]
    assert [len(versions) for versions in found] == [1, 2] and len(set(sum(found, []))) == 1
