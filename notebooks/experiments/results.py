"""The result files: written run by run, read and summed up for a page.

Every finished run is a line of ``notebooks/results/NAME.csv``, and is not computed again.
"""

import json
from pathlib import Path

from experiments import fit, tables
from experiments.tables import CLAIMS, DEFAULTS, as_text
from nnlib.plumbing.writing import written_whole


def settings_of(name, row, folder=None, before_choice=False):
    """Return the settings of a row, its candidate filled in that did best on validation.

    Parameters
    ----------
    name, row : of the experiment
    folder : where the results of the choices lie
    before_choice : leave the row's own choice open

    Raises
    ------
    ValueError
        Where there is no such row, or the candidates have not been run.
    """
    rows, settings = tables.EXPERIMENTS[name]["rows"], DEFAULTS
    if row not in rows:
        raise ValueError(f"{name} has no row {row!r}: choose one of {', '.join(rows)}.")
    for this, changes in rows.items():
        if not tables.EXPERIMENTS[name].get("cumulative"):
            this, changes, settings = row, rows[row], DEFAULTS
        settings = settings | {k: v for k, v in changes.items() if k != "choose"}
        if this == row and before_choice:
            return settings
        if "choose" in changes:
            settings = settings | best_candidate(name, this, settings, changes["choose"], folder)
        if this == row:
            return settings


def choice_settings(settings, candidate, name):
    """Return what a candidate is tried with: validation images held out, maybe fewer passes."""
    tried = settings | candidate | tables.EXPERIMENTS[name].get("choose_with", {})
    return tried | {"n_valid": settings["n_valid"] or 5000}


def best_candidate(name, row, settings, candidates, folder=None):
    """Return the candidate with the best validation accuracy, the lower loss deciding a tie."""
    table, scores = read(f"{name}_choice", folder), []
    for k, candidate in enumerate(candidates):
        text = as_text(choice_settings(settings, candidate, name))
        found = table[(table["row"] == row) & (table["settings"] == text)]
        if len(found) == 0:
            raise ValueError(
                f"{name}, {row}: its candidates have not been run yet; "
                f"run python notebooks/experiments {name} first."
            )
        scores.append((-found["valid_accuracy"].mean(), found["valid_loss"].mean(), k))
    return candidates[min(scores)[2]]


def results_folder():
    """Return the folder of the result files, notebooks/results."""
    return Path(__file__).resolve().parents[1] / "results"


def read(name, folder=None):
    """Return the finished runs of an experiment as a DataFrame, one a row; maybe with none."""
    import pandas as pd

    path = Path(folder or results_folder()) / f"{name}.csv"
    if not path.is_file():
        return pd.DataFrame(columns=["row", "seed", "settings"])
    return pd.read_csv(path, dtype={"row": str, "settings": str})


def write(name, table, folder=None):
    """Write a DataFrame to NAME.csv, whole or not at all."""
    with written_whole(Path(folder or results_folder()) / f"{name}.csv") as file:
        file.write(table.to_csv(index=False, lineterminator="\n").encode())


def read_wrong(name, folder=None):
    """Return {row: {seed: {"index": …, "answer": …}}}: the test images each run got wrong."""
    path = Path(folder or results_folder()) / f"{name}_wrong.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def keep(file, row, settings, result, wrong, folder, with_wrong=False):
    """Add one finished run to its file, in place of an older one of the same row and seed."""
    import pandas as pd

    text = as_text(settings)
    new = pd.DataFrame([{"row": row, "settings": text, **result}])
    old = read(file, folder)
    if with_wrong:
        table = read_wrong(file, folder)
        table.setdefault(row, {})[str(result["seed"])] = wrong
        with written_whole(Path(folder or results_folder()) / f"{file}_wrong.json") as out:
            out.write((json.dumps(table, ensure_ascii=False) + "\n").encode())
    same = (old["row"] == row) & (old["seed"] == result["seed"]) & (
        (old["settings"] == text) | (not file.endswith("_choice"))
    )  # fmt: skip
    old = old[~same]
    write(file, pd.concat([old, new], ignore_index=True) if len(old) else new, folder)


def done(file, row, settings, seed, folder):
    """Return True where this run, with these very settings, is in the file."""
    table = read(file, folder)
    same = (table["row"] == row) & (table["seed"] == seed)
    return bool((same & (table["settings"] == as_text(settings))).any())


def recompute(name, row, seed=0, threads=1, folder=None):
    """Do one run of a table again; return its result, to be held against the stored one."""
    settings = settings_of(name, row, folder)
    return fit.run(settings, seed, tables.EXPERIMENTS[name].get("test", True), threads)[0]


def summary(name, folder=None):
    """Return a DataFrame with a line for each row: seeds, mean and sd of every accuracy.

    The column `gap` is training minus validation accuracy.
    """
    import pandas as pd

    table, lines = read(name, folder), []
    for row in tables.EXPERIMENTS[name]["rows"]:
        runs = table[table["row"] == row]
        if len(runs) == 0:
            continue
        line = {"row": row, "seeds": len(runs)}
        for part in ("train_accuracy", "valid_accuracy", "test_accuracy"):
            line[part], line[f"{part}_sd"] = runs[part].mean(), runs[part].std()
        line["gap"] = line["train_accuracy"] - line["valid_accuracy"]
        for part in ("first_loss", "train_loss", "valid_loss", "steps", "seconds"):
            line[part] = runs[part].mean()
        lines.append(line)
    return pd.DataFrame(lines)


def with_settings(runs):
    """Return a DataFrame of runs, as `read` returns it, with a column for each setting."""
    import pandas as pd

    settings = [DEFAULTS | json.loads(text) for text in runs["settings"]]
    columns = pd.DataFrame(settings, index=runs.index, columns=list(DEFAULTS))
    return pd.concat([runs.drop(columns="settings"), columns], axis=1)


def claims(folder=None):
    """Return a DataFrame: what each classic claims, and the mean and sd of ours beside it."""
    import pandas as pd

    lines, table = [], summary("classics", folder)
    for row, (claimed, column) in CLAIMS.items():
        for _, line in table[table["row"] == row].iterrows():
            lines.append(
                {
                    "row": row,
                    "measured on": column.removesuffix("_accuracy"),
                    "claimed": claimed,
                    "reproduced": line[column],
                    "sd": line[f"{column}_sd"],
                    "seeds": line["seeds"],
                    "reached": None if claimed is None else bool(line[column] >= claimed),
                }
            )
    return pd.DataFrame(lines)
