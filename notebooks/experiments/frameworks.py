"""What others' libraries gave, kept for lab 11: computed where they are installed, else read.

``python notebooks/experiments/frameworks.py`` computes all of it anew, with the page's own cells,
and needs the extras `compare` and `cluster`. It lies in notebooks/results/frameworks.json.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the package is found from the folder above
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from nnlib.plumbing.writing import written_whole  # noqa: E402

FOLDER = Path(__file__).resolve().parents[1]
FILE = FOLDER / "results" / "frameworks.json"
PAGE = FOLDER / "11_against_the_frameworks.ipynb"
ENTRIES = 200  # of each array are kept, drawn once and for all


def kept(name):
    """Return what is kept under a name, with the version of the library that it came from."""
    return json.loads(FILE.read_text(encoding="utf-8"))[name]


def theirs(name, compute, library="torch"):
    """Return what `compute` gives where its library is installed, else what is kept under `name`.

    Parameters
    ----------
    name : of the numbers in the file
    compute : function without arguments; returns {what: number, array, or True and False}
    library : the module that it imports
    """
    return compute() if is_there(library) else kept(name)["numbers"]


def is_there(library):
    """Return whether a library can be imported; one that is broken is as good as missing."""
    try:
        import_module(library)
    except (ImportError, OSError):  # a part of it that the system lacks
        return False
    return True


def where(name, library="torch"):
    """Say where `theirs` takes its numbers from on this machine."""
    if is_there(library):
        return f"computed here: {library} is installed"
    return f"read from {FILE.name}: {kept(name)['version']} gave them; {library} can't be imported"


def sample(array):
    """Return an array's entries that are kept, as a list: all of a small one, else some."""
    flat = np.ravel(array)
    order = np.random.default_rng(0).permutation(flat.size)
    return flat[np.sort(order[:ENTRIES])].tolist()


def agree(ours, theirs, within=1e-10):
    """Return whether two arrays agree, or an array and the entries of it that were kept."""
    if np.size(ours) != np.size(theirs):
        ours = sample(ours)
    ours, theirs = np.ravel(ours), np.ravel(theirs)
    return bool(np.abs(ours - theirs).max() <= within * max(1.0, np.abs(theirs).max()))


def cells_of_the_page(last):
    """Return the names that the page's code cells define, up to the one with an id."""
    namespace = {}
    for cell in json.loads(PAGE.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "away" not in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]), namespace)
        if cell["id"] == last:
            return namespace
    raise ValueError(f"{PAGE.name} has no cell {last!r}.")


def main():
    """Compute everything anew, and keep it."""
    import dask
    import torch
    from joblib import parallel_config

    page = cells_of_the_page("i19-search-2")
    version = f"PyTorch {torch.__version__.split('+')[0]}"
    steps = {name: sample(array) for name, array in page["by_torch"]().items()}
    found = {
        "torch": {"version": version, "numbers": steps},
        "torch habits": {"version": version, "numbers": page["torch_habits"]()},
    }
    for name, workers in (("one core", 1), ("two cores", 2)):
        found[name] = {"version": f"joblib, {name}", "numbers": page["search"](workers)}
    with two_workers(), parallel_config("dask"):
        numbers = page["search"](None)
    found["two workers"] = {"version": f"Dask {dask.__version__}", "numbers": numbers}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(part)}" for name, part in found.items())
    with written_whole(FILE) as file:
        file.write(f"{{\n{lines}\n}}\n".encode())
    print("kept:", ", ".join(f"{name} ({entry['version']})" for name, entry in found.items()))


def two_workers():
    """Return a Dask cluster of two processes on this machine, to be used in a ``with``."""
    from contextlib import ExitStack

    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        cluster = stack.enter_context(
            LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
        )
        stack.enter_context(Client(cluster))
        return stack.pop_all()


if __name__ == "__main__":
    main()
