"""Benchmark of training: the peers, each a training loop round the same network.

A peer is a function of (params, digits, batch_size) that returns two others: one that trains on a
list of batches (row numbers, or slice(None) for all) with a rate, and one that returns weights.
Each keeps to its own library's best manners; what is timed is in `measuring`.
"""

import numpy as np

import nnlib
from nnlib.labs.speed import sgd_step

RATE = 0.01
PEERS = (
    "floor",
    "nnlib",
    "nnlib.train",
    "nnlib fused",
    "JAX jit",
    "PyTorch compiled",
    "PyTorch eager",
    "PyTorch DataLoader",
    "scikit-learn",
    "NumPy bare",
)
LOOPS = [peer for peer in PEERS if peer not in ("nnlib.train", "PyTorch DataLoader")]


def floor(params, digits, batch_size):
    """Only the matrix products of a step, into arrays that are there already."""
    X, dtype = digits.X_train, digits.X_train.dtype
    m = batch_size or len(X)
    rng = np.random.default_rng(0)
    Z = [rng.random((m, len(b)), dtype) for _, b in params]
    dA = [np.empty((m, len(b)), dtype) for _, b in params[:-1]]
    dW = [np.empty_like(W) for W, _ in params]
    Ws = [W.copy() for W, _ in params]
    images = X if batch_size is None else X[:m].copy()

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            k = m if isinstance(rows, slice) else len(rows)
            A = [images[:k], *(z[:k] for z in Z)]
            for l, W in enumerate(Ws):
                np.matmul(A[l], W, out=A[l + 1])
            for l in reversed(range(len(Ws))):
                np.matmul(A[l].T, A[l + 1], out=dW[l])
                if l > 0:
                    np.matmul(A[l + 1], Ws[l].T, out=dA[l - 1][:k])

    return run, None


def nnlib_loop(params, digits, batch_size):
    """The bare loop of lesson 5."""
    params = [(W.copy(), b.copy()) for W, b in params]
    X, y = digits.X_train, digits.y_train

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            A = nnlib.forward(params, X[rows])
            nnlib.update(params, nnlib.backward(params, A, y[rows]), rate)

    return run, lambda: params


def nnlib_fused(params, digits, batch_size):
    """Lab 12's step: each product AᵀdZ is added to the weights by the call that computes it."""
    params = [(W.copy(), b.copy()) for W, b in params]
    X, y = digits.X_train, digits.y_train

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            images = X if isinstance(rows, slice) else X.take(rows, axis=0)
            sgd_step(params, images, y[rows], rate)

    return run, lambda: params


def numpy_bare(params, digits, batch_size):
    """What NumPy can do where nobody has to read it: no check, and no array made in the loop."""
    X, y, dtype = digits.X_train, digits.y_train, digits.X_train.dtype
    m, Ws, bs = batch_size or len(X), [W.copy() for W, _ in params], [b.copy() for _, b in params]
    images, numbers = np.empty((m, X.shape[1]), dtype), np.arange(m)
    Z, dA = ([np.empty((m, len(b)), dtype) for b in bs] for _ in range(2))
    dW, masks = [np.empty_like(W) for W in Ws], [np.empty((m, len(b)), bool) for b in bs]

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            k = m if isinstance(rows, slice) else len(rows)
            A = [X if k == len(X) else X.take(rows, axis=0, out=images[:k], mode="clip")]
            for W, b, z in zip(Ws, bs, Z):
                A.append(np.matmul(A[-1], W, out=z[:k]))
                A[-1] += b
                if W is not Ws[-1]:
                    np.maximum(A[-1], 0, out=A[-1])
            dZ = A[-1]
            dZ -= dZ.max(axis=1, keepdims=True)
            np.exp(dZ, out=dZ)
            dZ /= dZ.sum(axis=1, keepdims=True)
            dZ[numbers[:k], y[rows]] -= 1
            dZ *= 1 / k
            for l in reversed(range(len(Ws))):
                np.matmul(A[l].T, dZ, out=dW[l])
                dW[l] *= rate
                db = dZ.sum(axis=0)
                db *= rate
                if l > 0:
                    dZ = np.matmul(dZ, Ws[l].T, out=dA[l - 1][:k])
                    dZ *= np.greater(A[l], 0, out=masks[l - 1][:k])
                Ws[l] -= dW[l]
                bs[l] -= db

    return run, lambda: list(zip(Ws, bs))


def torch_model(params):
    """Return a Sequential that holds a copy of params, and its optimiser."""
    import torch

    layers = []
    for W, b in params:
        layer = torch.nn.Linear(*W.shape, dtype=torch.from_numpy(W).dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(W.T.copy()))
            layer.bias.copy_(torch.from_numpy(b))
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    return model, torch.optim.SGD(model.parameters(), lr=RATE)


def torch_weights(model):
    """Return a model's weights as nnlib's params."""
    arrays = [p.detach().numpy() for p in model.parameters()]
    return [(W.T, b) for W, b in zip(arrays[::2], arrays[1::2])]


def torch_eager(params, digits, batch_size, compiled=False):
    """PyTorch with tensors indexed by hand; the whole step but the update compiled, if wanted."""
    import torch

    model, optimizer = torch_model(params)
    X, y = torch.from_numpy(digits.X_train), torch.from_numpy(digits.y_train)

    def mean_loss(images, labels):
        return torch.nn.functional.cross_entropy(model(images), labels)

    loss_of = torch.compile(mean_loss) if compiled else mean_loss

    def run(rowsets, rate=RATE):
        optimizer.param_groups[0]["lr"] = rate
        for rows in rowsets:
            if not isinstance(rows, slice):
                rows = torch.from_numpy(rows)
            optimizer.zero_grad(set_to_none=True)
            loss_of(X[rows], y[rows]).backward()
            optimizer.step()

    return run, lambda: torch_weights(model)


def torch_compiled(params, digits, batch_size):
    """PyTorch through torch.compile, which needs a C++ compiler."""
    return torch_eager(params, digits, batch_size, compiled=True)


def torch_loader(params, digits, batch_size):
    """PyTorch as its tutorials show it: TensorDataset and DataLoader, in this process."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    model, optimizer = torch_model(params)
    data = TensorDataset(torch.from_numpy(digits.X_train), torch.from_numpy(digits.y_train))

    def run(rowsets, rate=RATE):
        optimizer.param_groups[0]["lr"] = rate
        for images, labels in DataLoader(data, batch_sampler=[rows.tolist() for rows in rowsets]):
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()

    return run, lambda: torch_weights(model)


def jax_jit(params, digits, batch_size):
    """JAX: one jitted function for the whole step, images already on its device."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", digits.X_train.dtype == np.float64)
    X, y = jnp.asarray(digits.X_train), jnp.asarray(digits.y_train.astype(np.int32))
    state = [[(jnp.array(W), jnp.array(b)) for W, b in params]]

    def mean_loss(params, X, y):
        for W, b in params[:-1]:
            X = jax.nn.relu(X @ W + b)
        W, b = params[-1]
        log_P = jax.nn.log_softmax(X @ W + b)
        return -log_P[jnp.arange(len(y)), y].mean()

    def whole(params, X, y, rate):
        grads = jax.grad(mean_loss)(params, X, y)
        return jax.tree.map(lambda theta, gradient: theta - rate * gradient, params, grads)

    def part(params, X, y, rows, rate):
        return whole(params, X[rows], y[rows], rate)

    whole_step, step = jax.jit(whole, donate_argnums=0), jax.jit(part, donate_argnums=0)

    def run(rowsets, rate=RATE):
        for rows in rowsets:
            if isinstance(rows, slice):
                state[0] = whole_step(state[0], X, y, rate)
            else:
                state[0] = step(state[0], X, y, rows, rate)
        jax.block_until_ready(state[0])

    return run, lambda: [(np.asarray(W), np.asarray(b)) for W, b in state[0]]


def sklearn_mlp(params, digits, batch_size):
    """scikit-learn's MLPClassifier: partial_fit, in its own loop, over all the rows given."""
    from sklearn.neural_network import MLPClassifier

    X, y = digits.X_train, digits.y_train
    model = MLPClassifier(
        [len(b) for _, b in params[:-1]], solver="sgd", learning_rate_init=RATE, momentum=0,
        nesterovs_momentum=False, alpha=0, batch_size=batch_size or len(X), shuffle=False,
    )  # fmt: skip
    model.partial_fit(X[: batch_size or len(X)], y[: batch_size or len(X)], classes=np.arange(10))
    for (W, b), V, c in zip(params, model.coefs_, model.intercepts_):
        V[...], c[...] = W, b

    def run(rowsets, rate=RATE):
        model._optimizer.learning_rate = rate
        if isinstance(rowsets[0], slice):
            for _ in rowsets:
                model.partial_fit(X, y)
        elif sum(len(rows) for rows in rowsets) == len(X):  # an epoch: it shuffles by itself
            model.set_params(shuffle=True).partial_fit(X, y)
        else:
            rows = np.concatenate(rowsets)
            model.partial_fit(X[rows], y[rows])

    return run, lambda: list(zip(model.coefs_, model.intercepts_))


MAKERS = {
    "floor": floor,
    "nnlib": nnlib_loop,
    "nnlib fused": nnlib_fused,
    "NumPy bare": numpy_bare,
    "JAX jit": jax_jit,
    "PyTorch compiled": torch_compiled,
    "PyTorch eager": torch_eager,
    "PyTorch DataLoader": torch_loader,
    "scikit-learn": sklearn_mlp,
}


def missing_peers():
    """Return {peer: reason} of those that can't be imported here."""
    missing = {}
    for module, peers in {
        "jax": ["JAX jit"],
        "torch": ["PyTorch eager", "PyTorch compiled", "PyTorch DataLoader"],
        "sklearn": ["scikit-learn"],
    }.items():
        try:
            __import__(module)
        except ImportError as error:
            missing |= dict.fromkeys(peers, f"not installed ({error})")
    return missing
