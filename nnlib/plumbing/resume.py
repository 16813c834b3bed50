"""Plumbing: a training that goes on where an earlier one ended."""

from nnlib.plumbing.arguments import brief, check_count
from nnlib.plumbing.history import Begun, History
from nnlib.plumbing.kept import name_of
from nnlib.training import OPTIMIZERS, train


def resume(history, digits, epochs=10, optimizer=None, print_every=None, watch=None):
    """Go on with a training: its weights, what its optimiser remembers, and batches not yet seen.

    Parameters
    ----------
    history : History of the training; it is left as it is
    digits : the images it was trained on
    epochs : passes more; where it was stopped inside a pass, the rest of that is the first
    optimizer : needed where it was trained with a function of your own: that function again
    print_every, watch : as in `train`

    Returns
    -------
    history : History of the whole training, its earlier records included; its `epochs` count all

    Raises
    ------
    ValueError
        Where there is nothing to go on with: the training diverged, its optimiser's memory was not
        kept, or these are not its images.

    Notes
    -----
    Three epochs and four more are seven in one: weights, optimiser's state and records are those of
    ``train(…, epochs=7)`` to the last bit, with as many BLAS threads. A stopped training has one
    record more, where it stood. A full batch is recorded at most 50 times by each call, so there
    the records may be others; the weights are the same.
    """
    if not isinstance(history, History):
        raise ValueError(
            "history can be resumed only where train returned it: give a History; "
            f"it is {brief(history)}."
        )
    epochs = check_count("epochs", epochs)
    check_resumable(history, digits)
    settings = history.settings | {"print_every": print_every, "watch": watch}
    settings["optimizer"] = choose_again(settings["optimizer"], optimizer)
    m = len(digits.X_train)
    steps = -(-m // min(settings["batch_size"] or m, m))  # an epoch
    begun = Begun(history)
    settings["epochs"] = begun.kept.rows[-1]["step"] // steps + epochs
    return train(begun, digits, **settings)


def check_resumable(history, digits):
    """Raise a ValueError where a training can't go on."""
    if history.diverged:
        raise ValueError(
            "This training diverged: going on would only repeat it; train again from the first "
            "weights, with the smaller rate that history.diverged names."
        )
    if history.state is None:
        raise ValueError(
            "What the optimiser remembers was not kept (by a file of runs, or since it is more "
            "than numbers and arrays): train(history.params, …) begins anew from these weights."
        )
    X = getattr(digits, "X_train", ())
    if history.data.split()[0] != "x".join(map(str, getattr(X, "shape", ()))):
        raise ValueError(
            f"resume goes on with the {history.data.split()[0].replace('x', ' × ')} images of the "
            "training, and these are others: train(history.params, digits) begins anew with them."
        )


def choose_again(name, function):
    """Return the optimiser of a training, given its name and, if it has none here, the function."""
    if name in OPTIMIZERS and (function is None or function is OPTIMIZERS[name]):
        return name
    known = callable(function) or isinstance(function, str)
    if not known or name_of(function) != name:
        said = brief(name_of(function)) if callable(function) else brief(function)
        given = "" if function is None else f", not with {said}"
        raise ValueError(
            f"This training steps with {name}{given}: to go on, give that, as in "
            f"resume(history, digits, optimizer={name})."
        )
    return function
