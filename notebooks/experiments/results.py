"""The result files: kept run by run, read and summed up for a page.

``notebooks/results/NAME.csv`` holds a line for every finished run, ``NAME_choice.csv`` for every
candidate that was tried, ``NAME_wrong.json`` the test images that each run got wrong. A page
says ``from experiments import results`` and needs the first part only.
"""

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from experiments import fit, tables
from experiments.tables import CLAIMS, DEFAULTS, as_text
from nnlib.plumbing.writing import check_place, written_whole

NUMBERS = [
    "seed", "steps", "first_loss", "train_loss", "valid_loss", "train_accuracy", "valid_accuracy",
    "test_accuracy", "seconds",
]  # fmt: skip
ALWAYS = ["row", "settings", "seed", "steps", "train_accuracy"]  # no run lacks one of these

# ------------------------------------------------------------------ for a page


def read(name, folder=None):
    """Return the finished runs of an experiment as a DataFrame, one a row; maybe with none.

    Parameters
    ----------
    name : of the experiment; with "_choice" behind it, what was tried to choose its settings
    folder : where the files lie; notebooks/results unless you say otherwise

    Raises
    ------
    ValueError
        Where the file is damaged.
    OSError
        Where it can't be read.
    """
    path = place(f"{name}.csv", folder)
    text = content(path)
    if text is None:
        return pd.DataFrame(columns=["row", "seed", "settings"])
    try:
        table = pd.read_csv(io.StringIO(text), dtype={"row": str, "settings": str})
    except ValueError:
        raise damaged(path, "no table can be read from it") from None
    if fault := fault_in(table, ["row", "seed", "settings"][: 2 + name.endswith("_choice")]):
        raise damaged(path, fault)
    return table


def read_wrong(name, folder=None):
    """Return {row: {seed: {"index": …, "answer": …}}}: the test images each run got wrong."""
    path, found = place(f"{name}_wrong.json", folder), {}
    for row, seed, index, answer in read_misses(path):
        found.setdefault(row, {})[str(seed)] = {"index": index, "answer": [*map(int, answer)]}
    return found


def summary(name, folder=None):
    """Return a DataFrame with a line for each row: seeds, mean and sd of every accuracy.

    The column `gap` is training minus validation accuracy.
    """
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
    settings = [DEFAULTS | json.loads(text) for text in runs["settings"]]
    columns = pd.DataFrame(settings, index=runs.index, columns=list(DEFAULTS))
    return pd.concat([runs.drop(columns="settings"), columns], axis=1)


def parts(runs):
    """Return a DataFrame: how accurate each kind's members are together, a row a committee."""
    found = [json.loads(text) for text in runs["parts"]]
    return pd.DataFrame(found, index=runs["seed"])


def claims(folder=None):
    """Return a DataFrame: what each classic claims, and the mean and sd of ours beside it."""
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


def compare(a, b, n_images=10_000):
    """Say how much more often `a` is right than `b`, and how sure that is.

    Parameters
    ----------
    a, b : {seed: {"index": …}}, the runs of two rows, as in ``read_wrong(name)[row]``
    n_images : number of test images

    Returns
    -------
    found : dict: `difference` in accuracy, over the seeds that both have; its standard error
        `se`, and `se_images`, `se_seeds`, what other images or other seeds alone would add to it;
        `low` and `high`, the ends of a 95 % interval

    Raises
    ------
    ValueError
        Where the two have fewer than two seeds in common.

    Notes
    -----
    D[i, s] is 1 where only `a` is right about image i with seed s, -1 where only `b` is. Images and
    seeds are both drawn from many: the variance of D's mean is that of its rows' means over n, plus
    that of its columns' means over k, less what both count, the single answers' noise over n·k
    (but never less than the larger of the two). The interval takes Student's t by Satterthwaite.
    """
    from scipy import stats

    seeds = sorted(set(a) & set(b), key=int)
    if len(seeds) < 2:
        raise ValueError(f"compare needs two seeds or more that both rows have, not {len(seeds)}.")
    D = missed(b, seeds, n_images) - missed(a, seeds, n_images)
    n, k = D.shape
    rows, columns = D.mean(axis=1, keepdims=True), D.mean(axis=0, keepdims=True)
    images, seeding = rows.var(ddof=1) / n, columns.var(ddof=1) / k
    noise = ((D - rows - columns + D.mean()) ** 2).sum() / ((n - 1) * (k - 1)) / (n * k)
    variance = max(images, seeding, images + seeding - noise)
    freedom = variance**2 / (images**2 / (n - 1) + seeding**2 / (k - 1)) if variance else np.inf
    reach = stats.t.ppf(0.975, freedom) * variance**0.5
    found = {"difference": D.mean(), "se": variance**0.5, "low": D.mean() - reach}
    found |= {"high": D.mean() + reach, "se_images": images**0.5, "se_seeds": seeding**0.5}
    return {name: float(value) for name, value in found.items()}


def missed(runs, seeds, n_images):
    """Return an array (n_images, seeds) with 1 where an image was missed."""
    table = np.zeros((n_images, len(seeds)))
    for s, seed in enumerate(seeds):
        table[runs[seed]["index"], s] = 1
    return table


def recompute(name, row, seed=0, threads=1, folder=None):
    """Do one run of a table again; return its result, to be held against the stored one."""
    settings = settings_of(name, row, folder)
    return fit.run(settings, seed, tables.EXPERIMENTS[name].get("test", True), threads)[0]


# ------------------------------------------------------------------ settings, with what was chosen


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
    """Return the candidate with the best validation accuracy, or with the lowest loss.

    What the experiment doesn't choose by decides a tie.
    """
    table, scores = read(f"{name}_choice", folder), []
    by_loss = tables.EXPERIMENTS[name].get("choose_by") == "valid_loss"
    for k, candidate in enumerate(candidates):
        text = as_text(choice_settings(settings, candidate, name))
        found = table[(table["row"] == row) & (table["settings"] == text)]
        if len(found) == 0:
            raise ValueError(
                f"{name}, {row}: its candidates have not been run yet; "
                f"run python notebooks/experiments {name} first."
            )
        score = -found["valid_accuracy"].mean(), found["valid_loss"].mean()
        scores.append((*(score[::-1] if by_loss else score), k))
    return candidates[min(scores)[2]]


# ------------------------------------------------------------------ keeping


def keep(file, row, settings, result, wrong=None, folder=None):
    """Add one finished run to its files, in place of an older one of the same row and seed.

    Read, changed and written under one lock: no process undoes what another one adds. The misses
    come first, since a run counts as done by its line in the CSV file.
    """
    text = as_text(settings)
    new = pd.DataFrame([{"row": row, "settings": text, **result}])
    with locked(folder):
        if wrong is not None:
            write_misses(place(f"{file}_wrong.json", folder), row, result["seed"], wrong)
        old = read(file, folder)
        same = (old["row"] == row) & (old["seed"] == result["seed"])
        if file.endswith("_choice"):
            same &= old["settings"] == text
        old = old[~same]
        write(file, pd.concat([old, new], ignore_index=True) if len(old) else new, folder)


def done(file, row, settings, seed, folder=None):
    """Return True where this run, with these very settings, is in the file."""
    table = read(file, folder)
    same = (table["row"] == row) & (table["seed"] == seed)
    return bool((same & (table["settings"] == as_text(settings))).any())


def write(name, table, folder=None):
    """Write a DataFrame to NAME.csv, whole or not at all."""
    with written_whole(place(f"{name}.csv", folder)) as file:
        file.write(table.to_csv(index=False, lineterminator="\n").encode())


def write_misses(path, row, seed, wrong):
    """Put one run's misses into a file: one run a line, its answers a string of digits."""
    kept = [line for line in read_misses(path) if line[:2] != [row, seed]]
    kept.append([row, seed, wrong["index"], "".join(map(str, wrong["answer"]))])
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in kept]
    with written_whole(path) as file:
        file.write(("[\n" + ",\n".join(lines) + "\n]\n").encode())


def read_misses(path):
    """Return what `write_misses` wrote: a list of [row, seed, index, answer]."""
    text = content(path)
    try:
        lines = [] if text is None else json.loads(text)
        for row, seed, index, answer in lines:
            numbers = [seed, *index, *map(int, answer)]
            if not isinstance(row, str) or not all(type(i) is int for i in numbers):
                raise ValueError
            if len(answer) != len(index):
                raise ValueError
    except (TypeError, ValueError):
        raise damaged(path, "it is not a list of runs, each with its misses") from None
    return lines


def locked(folder=None):
    """Return the lock of a folder of results, to be held by ``with``.

    filelock: plain Python, the same on all three systems, and the lock of a process that was
    killed is free at once.
    """
    return FileLock(place(".lock", folder))


# ------------------------------------------------------------------ what lies there already


def check(name, folder=None):
    """Raise a ValueError or OSError now where an experiment's files are damaged, or can't be kept.

    After hours of a run would be too late.
    """
    for file in (name, f"{name}_choice"):
        check_place(place(f"{file}.csv", folder))
        read(file, folder)
    read_wrong(name, folder)
    with locked(folder):
        pass


def place(file, folder=None):
    """Return the path of a file of results."""
    return Path(folder or results_folder()) / file


def results_folder():
    """Return the folder of the result files, notebooks/results."""
    return Path(__file__).resolve().parents[1] / "results"


def content(path):
    """Return a file's text, None where there is no file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise damaged(path, "it is no text in UTF-8") from None
    except OSError as error:
        raise OSError(f"{path} can't be read: {error.strerror}.") from None
    if marker := re.search(r"^(<{7}|={7}|>{7})( |$)", text, re.M):
        line = text[: marker.start()].count("\n") + 1
        raise damaged(path, f"line {line} is a conflict marker of git")
    if not text.strip():
        raise damaged(path, "it is empty")
    return text


def fault_in(table, key):
    """Return what is wrong with a table of runs, in which each key comes once; None if nothing."""
    lacking = [column for column in ["row", "settings", *NUMBERS] if column not in table]
    if lacking:
        return f"it has no column {', '.join(lacking)}"
    numbers = table[NUMBERS].apply(pd.to_numeric, errors="coerce")
    bad = (numbers.isna() & table[NUMBERS].notna()).any(axis=1) | table[ALWAYS].isna().any(axis=1)
    bad |= (numbers["seed"] % 1 != 0) | ~table["settings"].map(are_settings)
    if bad.any():
        return f"line {bad.idxmax() + 2} is not a finished run"
    if table.duplicated(key).any():
        row, seed = table[table.duplicated(key)].iloc[0][["row", "seed"]]
        return f"{row!r} with seed {seed} is in it twice"
    return None


def are_settings(text):
    """Return True where a text is what `as_text` writes."""
    try:
        return set(json.loads(text)) <= set(DEFAULTS)
    except (TypeError, ValueError):
        return False


def damaged(path, what):
    """Return the error for a file that can't be what it was."""
    return ValueError(
        f"{path} is damaged: {what}. Put a good copy back, as with git checkout, or delete it: "
        "its runs are then computed again."
    )
