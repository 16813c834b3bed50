"""An example of your own: a task that this package doesn't know, judged by what one call gives."""

import copy
import inspect

from nnlib.check import calling, written
from nnlib.plumbing.arguments import brief


def judge_example(function, arguments, wanted, in_place=False):
    """Hold a function against one example; return a Verdict, as for a task of a lesson."""
    if not isinstance(arguments, (tuple, list)):
        raise ValueError(f"arguments must be a tuple, as in (x,); it is {brief(arguments)}.")
    try:
        wanted, arguments = copy.deepcopy(wanted), copy.deepcopy(tuple(arguments))
    except Exception as error:  # of a generator, a lock, an open file
        raise ValueError(f"arguments and wanted must be values to copy: {error}.") from None
    names = names_for(function, len(arguments))

    def right(*_):
        return wanted

    def play(called, *case):
        result = called(*case)
        return case[0] if in_place and called is not right else result

    task = written.Written(
        f"{calling.name_of(function) or 'your_function'}({', '.join(names)})",
        right, (arguments,), "this example comes out right.", play=play, changes=in_place,
        returns=f"after the call, {names[0]}" if in_place else "",
    )  # fmt: skip
    try:
        return written.judge(task, function)
    finally:  # what is known of a task is kept by its objects' ids, and these objects go
        for key in [key for key in written._known if key[1] == id(right)]:
            del written._known[key]


def names_for(function, n):
    """Return a function's own names for n arguments, or x1 to xn where it has others."""
    try:
        names = list(inspect.signature(function).parameters)
    except Exception:  # what is no function may raise anything
        names = []
    return names if len(names) == n else [f"x{k}" for k in range(1, n + 1)]
