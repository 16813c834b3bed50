"""A page alone, as Colab opens it: no repository, no nnlib, another NumPy. Colab is imitated here.

The imitation: an environment of its own in which `google.colab` is loaded, a folder that holds the
page alone, and a release on this machine's own web server. The quick one takes its packages from
this environment and needs no network. The long one has Colab's NumPy and pandas from a package
registry; `.ci/run` asks for it by NNLIB_COLAB=must.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Server
from test_notebooks import NOTEBOOKS, ROOT, all_code, read, texts

from classroom import public

pytest.importorskip("flit_core.buildapi", reason="flit_core, which builds, is not installed")
COLABS = (  # what Colab had in autumn 2025, of what matters here
    "numpy==2.0.2", "pandas==2.2.2", "matplotlib==3.10.0", "pillow==11.3.0", "scipy==1.16.1",
    "scikit-learn==1.6.1", "requests==2.32.4", "tqdm==4.67.1", "joblib==1.5.1", "filelock==3.19.1",
    "ipykernel==6.17.1", "ipython==7.34.0", "ipywidgets==7.7.1", "nbconvert", "nbclient",
    "platformdirs", "packaging", "pip",
)  # fmt: skip
WIDGETS = """# what anywidget asks of Colab
from types import SimpleNamespace

_widgets = SimpleNamespace(_installed_url=None)


def enable_custom_widget_manager():
    _widgets._installed_url = "https://example.org/manager"
"""
asked = pytest.mark.skipif(
    os.environ.get("NNLIB_COLAB") != "must",
    reason="Colab's packages come from a registry: .ci/run sets NNLIB_COLAB=must",
)
alike = pytest.mark.skipif(os.name == "nt", reason="links to packages want a right on Windows")


def script(name):
    """Return a script of .ci as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stamp, release = script("stamp"), script("release")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A release's files on this machine's own web server, and pages stamped with its address."""
    out, made = tmp_path_factory.mktemp("release"), public.release()
    wheel, _ = release.built(ROOT, out, made)
    files = {f"releases/download/{made.tag}/{path.name}": path.read_bytes()
             for path in (wheel, release.packed(ROOT, out, made))}  # fmt: skip
    with Server(files) as running:
        running.made = replace(made, address=running.mirror("good").rstrip("/"))
        yield running


def colab_in(packages):
    """Let `google.colab` be loaded from the start by a Python whose packages lie in a folder."""
    place = packages / "google" / "colab"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("", encoding="utf-8")
    (place / "output.py").write_text(WIDGETS, encoding="utf-8")
    (packages / "zz_colab.pth").write_text("import google.colab.output\n", encoding="utf-8")


def environment(place, python=sys.executable):
    """Make an environment without packages; return its Python and where its packages lie."""
    options = "import sys, venv; venv.create(sys.argv[1], symlinks=True)"
    subprocess.run([python, "-c", options, place], check=True)
    python = place / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    colab_in(packages)
    return python, packages


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A Python that has this environment's packages, and no nnlib."""
    place = tmp_path_factory.mktemp("quick")
    python, packages = environment(place / "venv")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        kind = re.match(r"_?_?(nnlib|google\b|__pycache__)|.*\.pth$", path.name)
        if not kind and not (packages / path.name).exists():
            (packages / path.name).symlink_to(path)
    return python


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """A Python with Colab's packages; 3.12, as Colab's is, where this machine has one."""
    place, uv = tmp_path_factory.mktemp("colab"), shutil.which("uv")
    python, packages = environment(
        place / "venv", os.environ.get("NNLIB_COLAB_PYTHON", sys.executable)
    )
    install = [uv, "pip", "install", "--python", python] if uv else [
        sys.executable, "-m", "pip", "--python", python, "install"]  # fmt: skip
    subprocess.run([*install, "--quiet", *COLABS], check=True)
    return python


def alone(page, folder, python, made, beside=()):
    """Run a page alone in a folder as Colab does, or with files beside; return it as it is then."""
    book = read(page)
    stamp.stamped_page(book, made)
    folder.mkdir()
    for name, data in dict(beside).items():
        (folder / name.rsplit("/", 1)[1]).write_bytes(data)
    (folder / page.name).write_text(json.dumps(book), encoding="utf-8")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NNLIB"))}
    clean |= {"NNLIB_PROGRESS": "0", "PYTHONPATH": str(ROOT / "tests"), "HOME": str(folder.parent)}
    done = subprocess.run(
        [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", page.name,
         "--ExecutePreprocessor.record_timing=False",
         "--NotebookExporter.preprocessors=stored.Stored"],
        cwd=folder, env=clean, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / page.name


def version_of(python, name):
    """Return the version of a package that a Python has."""
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return subprocess.check_output([python, "-c", code], text=True).strip()


def differing(page, run):
    """Return what a run prints and shows otherwise than is stored, but for the first cell."""
    pairs = zip(all_code(page)[1:], all_code(run)[1:], strict=True)
    return [(a["id"], texts(a), texts(b)) for a, b in pairs if texts(a) != texts(b)]


def said_by_the_first_cell(run):
    """Return what the cell for Colab printed."""
    first = all_code(run)[0]
    assert first["id"] == stamp.IDS[1]
    return "".join("".join(o.get("text", "")) for o in first["outputs"])


def holds(page, python, made, folder, beside=()):
    """Run a page alone, and hold it to its stored outputs, and the environment to its NumPy."""
    before = {name: version_of(python, name) for name in ("numpy", "pandas", "scipy")}
    run = alone(page, folder, python, made, beside)
    words = said_by_the_first_cell(run)
    assert f"nnlib {made.version} is installed" in words, words
    assert f"NumPy {before['numpy']} as it was" in words
    assert {name: version_of(python, name) for name in before} == before
    assert differing(page, run) == []


@alike
def test_a_lab_alone_runs_as_it_is_stored(quick, server, tmp_path):
    """It reads results; the release lies at its address."""
    holds(ROOT / "notebooks" / "12_how_fast_it_goes.ipynb", quick, server.made, tmp_path / "here")
    assert {behaviour for behaviour, _ in server.requests} == {"good"}


@alike
def test_without_a_public_address_the_releases_files_lie_beside_the_page(quick, server, tmp_path):
    before, made = len(server.requests), replace(server.made, address="")
    page = ROOT / "notebooks" / "00_contents.ipynb"
    holds(page, quick, made, tmp_path / "here", server.files)
    assert len(server.requests) == before


@asked
@alike
@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda page: page.stem)
def test_with_colabs_packages_too(page, colab, server, tmp_path):
    holds(page, colab, server.made, tmp_path / "content")
