"""Plumbing: weights in a file, written whole or not at all."""

import io
import zipfile
import zlib

import numpy as np

from nnlib.network import ACTIVATIONS
from nnlib.plumbing.arguments import check_params, choose
from nnlib.plumbing.history import History
from nnlib.plumbing.writing import reason, short, sound_path, written_whole


def save_params(path, params, activation=None):
    """Write weights, biases and the activation's name to an .npz file, without pickle.

    Parameters
    ----------
    path : name of the file; one that is there is replaced, once the new one is whole
    params : a History, which knows its activation, or a list of (W, b)
    activation : "relu", "sigmoid" or "tanh"; of a list alone it is taken to be "relu"

    Raises
    ------
    ValueError
        Where params make no network, `activation` is not known, or it is another one than the
        history was trained with.
    OSError
        Where the file can't be written.
    """
    if isinstance(params, History):
        if activation not in (None, params.activation):
            raise ValueError(
                f"These weights were trained with {params.activation}, not {activation}: leave "
                "`activation` out, and the history's own is saved."
            )
        params, activation = params.params, params.activation
    activation = "relu" if activation is None else activation
    check_params(params)
    check_layers(params, "params")
    choose("activation", activation, ACTIVATIONS)
    arrays = {f"{name}{l}": a for l, pair in enumerate(params, 1) for name, a in zip("Wb", pair)}
    with written_whole(path) as file:
        np.savez(file, activation=np.array(activation), **arrays)


def load_params(path):
    """Read what `save_params` wrote.

    Returns
    -------
    params, activation : list of (W, b), and the activation's name

    Raises
    ------
    ValueError
        Where the file is damaged, or its arrays do not make a network.
    FileNotFoundError
        Where there is no such file.
    """
    path, arrays = sound_path(path), read_arrays(path)
    depth = (len(arrays) - 1) // 2
    wanted = {f"{name}{l}" for l in range(1, depth + 1) for name in "Wb"}
    if depth < 1 or set(arrays) != wanted | {"activation"}:
        raise ValueError(
            f"{short(path)} does not hold a network: W1, b1, W2, b2, … and activation are needed, "
            f"but it has {short(', '.join(sorted(arrays)), 50) or 'nothing'}."
        )
    params = [(arrays[f"W{l}"], arrays[f"b{l}"]) for l in range(1, depth + 1)]
    activation = short(arrays["activation"], 30)
    try:
        choose("activation", activation, ACTIVATIONS)
        check_params(params)
        check_layers(params, "its arrays")
    except ValueError as error:
        raise ValueError(f"{short(path, 110)} holds no network that works: {error}") from None
    return params, activation


def read_arrays(path, writer="save_params"):
    """Return the arrays of an .npz file by name, or say in one sentence what is wrong with it."""
    path = sound_path(path)
    content = io.BytesIO(read_bytes(path))
    where = f"{short(path)} is not a whole .npz file of {writer}"
    if not zipfile.is_zipfile(content):
        raise ValueError(f"{where}: write it again, or give the path of another one.")
    content.seek(0)
    try:
        with np.load(content, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # damaged bytes make zipfile and NumPy raise nearly anything
        raise ValueError(f"{where}: {damage(error)}; write it again.") from None


def read_bytes(path):
    """Return what is in a file, or say in one sentence why it can't be had."""
    if path.is_dir():
        raise FileNotFoundError(
            f"{short(path)} is no file but a folder: give the path of a file in it."
        )
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        folder = short(path.resolve().parent, 100)
        raise FileNotFoundError(
            f"There is no file {short(path, 130)}; looked in {folder}."
        ) from None
    except OSError as error:
        raise OSError(f"{short(path)} can't be read: {reason(error)}.") from None


def damage(error):
    """Say in our own words what an error of zipfile or NumPy means."""
    if isinstance(error, (zlib.error, zipfile.BadZipFile, EOFError)):
        return "some of its bytes are not those that were written"
    if isinstance(error, MemoryError):
        return "it claims to hold more than fits into memory"
    if "pickle" in str(error).lower():
        return "it holds Python objects, which are not read since they could run as a program"
    return "an array in it can't be read"


def check_layers(params, where):
    """Raise a ValueError unless each layer's shapes fit each other and the layer before."""
    n = params[0][0].shape[0] if params[0][0].ndim == 2 else None
    for l, (W, b) in enumerate(params, 1):
        if W.ndim != 2 or W.shape[0] != n or b.shape != W.shape[1:]:
            raise ValueError(
                f"{where}: layer {l} does not fit: W{l} is {W.shape}, b{l} is {b.shape}"
                + (f", and {n} inputs come in." if n is not None else ".")
            )
        n = W.shape[1]
