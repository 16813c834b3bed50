"""What the learning-rate lab writes: runs, a table, a picture, and the cell that does the same."""

from pathlib import Path

from nnlib.plumbing.arguments import choose
from nnlib.plumbing.writing import written_whole


def write(path, runs):
    """Write runs into a file of the kind that its name's ending says; return what it was.

    Parameters
    ----------
    path : name that ends in .npz (all, to be loaded again), .csv (every record), .png (the
        picture) or .py (the cell that does the same by hand)
    runs : Runs

    Raises
    ------
    ValueError
        Where the name has another ending.
    OSError
        Where the file can't be written.
    """
    kinds = {".npz": _npz, ".csv": _csv, ".png": _png, ".py": _py}
    choose("The file's ending", Path(path).suffix.lower(), kinds)(path, runs)


def by_hand(line):
    """Return the code of a cell that trains a line's runs without the lab.

    Parameters
    ----------
    line : Line; of one that the lab hasn't trained the kind of first weights is not known
    """
    settings = dict(line.settings)
    seeds, sizes, init = (settings.pop(name, None) for name in ("seed", "sizes", "init"))
    if settings.get("l2") == 0:
        del settings["l2"]
    if init is None:
        return f"# Run {line.number} was not trained in the lab.\n"
    arguments = "".join(f"    {name}={value!r},\n" for name, value in settings.items())
    train = (
        f"nnlib.train(\n    nnlib.init_params({list(sizes)}, init={init!r}, seed=seed), digits,\n"
        f"{arguments}    seed=seed,\n)"
    )
    stopped = [history.step for history in line.histories if history.stopped]
    note = f"  # in the lab it was stopped after step {stopped[-1]}" if stopped else ""
    return (
        f"histories = []\nfor seed in {list(seeds)}:{note}\n"
        + "".join(f"    {text}\n" for text in f"history = {train}".splitlines())
        + f"    histories.append(history)\nruns.add(histories, init={init!r})\n"
    )


def cell(runs):
    """Return the code that trains all runs without the lab; `digits` is what the lab was given."""
    return "\n".join(["runs = nnlib.Runs()", *map(by_hand, runs), "runs.plot();"])


def _npz(path, runs):
    runs.save(path)


def _csv(path, runs):
    with written_whole(path) as file:
        runs.records().to_csv(file, index=False)


def _png(path, runs):
    import matplotlib.pyplot as plt

    figure = runs.plot()
    try:
        with written_whole(path) as file:
            figure.savefig(file, format="png", dpi=150)
    finally:
        plt.close(figure)  # or the next cell would show it


def _py(path, runs):
    with written_whole(path) as file:
        file.write(f"import nnlib\n\n{cell(runs)}".encode())
