"""Run a notebook's cells and folded answers once more, in this process, and say what differs.

The first weights are shaken: each is multiplied by 1 + 1e-13 times a random number. Another
processor adds up in another order, which moves a float64 sum by about as much. A training well
inside stability keeps such a difference small; one at the edge makes digits of the page of it.
So what a page prints from shaken weights, it prints on other processors too.
"""

import functools
import os
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from difflib import unified_diff
from io import StringIO
from pprint import pformat

import numpy as np

SHAKE = 1e-13


def shaken(function, size=SHAKE):
    """Return `init_params`, or a lesson's own, whose weights are off by one part in 1 / size."""

    @functools.wraps(function)
    def init_params(*arguments, **keywords):
        rng, params = np.random.default_rng(0), function(*arguments, **keywords)
        return [((W * (1 + size * rng.normal(size=W.shape))).astype(W.dtype), b) for W, b in params]

    init_params.is_shaken = True
    return init_params


def rerun(path, cells, answers, size=SHAKE):
    """Run code cells, then each answer in a copy of what they leave; return two lists of faults.

    Parameters
    ----------
    path : of the notebook; its folder is the working folder
    cells : its code cells, as they are stored
    answers : source code of each folded answer
    size : by how much the first weights are shaken; 0: not at all

    Returns
    -------
    differing, failing : lists of (cell id, text): cells that print or show something else than is
        stored, and answers that raise
    """
    import matplotlib.pyplot as plt

    import nnlib
    from nnlib.plumbing.environment import thread_limit

    os.chdir(path.parent)
    plt.switch_backend("Agg")
    right, shell, differing, failing = nnlib.init_params, new_shell(), [], []
    moved = shaken(right, size)
    nnlib.init_params = nnlib.network.init_params = moved
    try:
        with thread_limit(), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            for cell in cells:
                found = shown_now(shell, "".join(cell["source"]))
                own = shell.user_ns.get("init_params", moved)
                if not hasattr(own, "is_shaken"):  # lesson 2 has just derived it
                    shell.user_ns["init_params"] = shaken(own, size)
                if found != stored(cell):
                    differing.append((cell["id"], difference(stored(cell), found)))
            for k, code in enumerate(answers, 1):
                if fault := what_it_raises(code, dict(shell.user_ns)):
                    failing.append((f"answer {k}", fault))
    finally:
        nnlib.init_params = nnlib.network.init_params = right
        plt.close("all")
    return differing, failing


def new_shell():
    """Return an IPython shell of its own, which keeps no history."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    InteractiveShell.clear_instance()
    quiet = {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    return InteractiveShell.instance(config=Config(quiet))


def shown_now(shell, code):
    """Run a cell; return what it shows: stdout, stderr, and texts of values, pictures apart."""
    import matplotlib.pyplot as plt
    from IPython.core.displayhook import CapturingDisplayHook
    from IPython.utils.capture import capture_output

    last = []  # the cell's last value, unless a semicolon hides it
    shell.display_trap.hook = CapturingDisplayHook(shell, last)
    with capture_output() as captured:
        outcome = shell.run_cell(code)
    plt.close("all")
    values = [output.data for output in captured.outputs]
    if not code.rstrip().endswith(";"):
        values += [output["data"] for output in last]
    error = outcome.error_before_exec or outcome.error_in_exec
    if error is not None:
        return {"error": f"{type(error).__name__}: {error}"}
    return shown(captured.stdout, captured.stderr, values)


def stored(cell):
    """Return what a cell shows in the file, in the form of `shown_now`."""
    streams = {"stdout": "", "stderr": ""}
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            streams[output["name"]] += "".join(output["text"])
    values = [output["data"] for output in cell["outputs"] if "data" in output]
    return shown(streams["stdout"], streams["stderr"], values)


def shown(stdout, stderr, values):
    """Return streams and values in comparable form, without pictures and widgets."""
    texts = [
        {kind: "".join(data) for kind, data in value.items() if kind.startswith("text/")}
        for value in values
        if not any("image/png" in kind or "widget" in kind for kind in value)
    ]
    drawn = re.compile(r"<Figure size .*>|\(?array\(\[+<Axes|<Axes")
    texts = [t for t in texts if not drawn.match(t.get("text/plain", ""))]
    # a table's plain text is wrapped at the width of a console, which a kernel hasn't got
    texts = [{k: v for k, v in t.items() if k == "text/html"} or t for t in texts]
    return {"stdout": stdout, "stderr": stderr, "values": texts}


def difference(before, now):
    """Say where what a cell shows now departs from what is stored."""
    if "error" in now:
        return now["error"]
    old, new = (pformat(what, width=100).splitlines() for what in (before, now))
    lines = unified_diff(old, new, "stored", "now", n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith("@@"))


def what_it_raises(code, namespace):
    """Run an answer; return its error as text, or None."""
    import matplotlib.pyplot as plt

    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            exec(compile(code, "an answer", "exec"), namespace)
    except Exception as error:
        return f"{type(error).__name__}: {error}\n{code}"
    finally:
        plt.close("all")
    return None
