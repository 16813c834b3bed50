"""What is computed: every experiment's rows, as settings.

Where a row has ``choose``, each candidate is trained with seed 100, which no row uses, on 55,000
images, and the one with the best accuracy on the 5,000 validation images wins
(``NAME_choice.csv``), or, where an experiment says so, the one with the lowest loss. Where there is
none, the setting is a classic's own, or inherited, or an ordinary value that was not tuned at all.
"""

import json

DEFAULTS = {
    "data": "mnist",  # or another source that nnlib.load_digits knows
    "hidden": [128],  # widths of the hidden layers
    "activation": "relu",
    "init": "he",  # or "xavier", "uniform", "zeros", and here also "normal": W from N(0, 1)
    "batch_size": 64,  # None: full batch
    "epochs": 10,  # passes over the training images
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "decay": False,  # True: the rate falls in a straight line to 0
    "l2": 0.0,
    "dropout": 0.0,  # share of hidden units dropped
    "early_stopping": False,  # True: the weights of the best pass on validation are kept
    "affine": None,  # or [degrees, zoom, shear, shift]
    "elastic": None,  # or [alpha, sigma]
    "clean": 0,  # the last passes see the images as they are
    "members": 1,  # networks in the committee
    "kinds": ["plain"],  # of digits, which its members take in turn: "plain", "upright", or a width
    "fused": False,  # True: momentum by lab 12's momentum_step, for ReLU networks without dropout
    "looks": 1,  # at each image: as it is, then moved by a pixel down, up, right, left
    "n_valid": 5000,  # of the 60,000 that are not test images; 0: all 60,000 are trained on
    "clip": 0.0,  # above 0: losses are reported as -log(max(P, clip)), as others do
}

CHOICE_SEED = 100


def each(name, *values):
    """Return candidates that differ in one setting."""
    return [{name: value} for value in values]


# A rung keeps everything of the rung below and changes what it names. Ten passes each, but for the
# first one's 500 steps.
LADDER = {
    "10 hidden, full batch": {
        "hidden": [10], "init": "uniform", "batch_size": None, "epochs": 500,
        "choose": each("learning_rate", 0.1, 0.3, 1.0),
    },
    "mini-batches": {
        "batch_size": 64, "epochs": 10, "choose": each("learning_rate", 0.03, 0.1, 0.3),
    },
    "more units": {"hidden": [128], "choose": each("learning_rate", 0.03, 0.1, 0.3)},
    "He": {"init": "he", "choose": each("learning_rate", 0.03, 0.1, 0.3)},
    "deeper": {"hidden": [128, 64], "choose": each("learning_rate", 0.03, 0.1, 0.3)},
    "momentum": {
        "optimizer": "momentum", "choose": each("learning_rate", 0.003, 0.01, 0.03),
    },
    "Adam": {"optimizer": "adam", "choose": each("learning_rate", 0.0003, 0.001, 0.003)},
    "learning-rate decay": {
        "decay": True, "choose": each("learning_rate", 0.0003, 0.001, 0.003),
    },
    "L2": {"choose": each("l2", 1e-5, 1e-4, 1e-3)},
    "early stopping": {"early_stopping": True},
}  # fmt: skip

DEEP = {"hidden": [128, 64], "batch_size": 32, "epochs": 10}
CLASSICS = {
    "a. standard normal weights": {
        "hidden": [10], "init": "normal", "batch_size": None, "epochs": 1000, "clip": 1e-9,
        "choose": each("learning_rate", 0.3, 0.5, 0.7),
    },
    "a. weights from ±0.5": {
        "hidden": [10], "init": "uniform", "batch_size": None, "epochs": 1000,
        "learning_rate": 0.1,
    },
    "b. 200 passes, rate 0.3": {
        "hidden": [10], "init": "uniform", "batch_size": None, "epochs": 200,
        "learning_rate": 0.3, "n_valid": 1000,
    },
    "c. configurable layers": {"hidden": [64], "batch_size": 64, "epochs": 5},
    "d. SGD": DEEP | {"learning_rate": 0.01},
    "d. Adam, rate 0.01": DEEP | {"learning_rate": 0.01, "optimizer": "adam"},
    "d. Adam, rate 0.001": DEEP | {"learning_rate": 0.001, "optimizer": "adam"},
    "e. ReLU, He": DEEP | {"batch_size": 64, "learning_rate": 0.1},
    "e. sigmoid, Xavier": DEEP | {
        "batch_size": 64, "learning_rate": 0.5, "activation": "sigmoid", "init": "xavier",
    },
}  # fmt: skip
CLAIMS = {  # row: the figure that its author gives, and which of our columns it is; d: "95 to 98"
    "a. standard normal weights": (0.85, "train_accuracy"),
    "a. weights from ±0.5": (0.85, "train_accuracy"),
    "b. 200 passes, rate 0.3": (0.883, "valid_accuracy"),
    "c. configurable layers": (0.94, "test_accuracy"),
    "d. SGD": (0.95, "test_accuracy"),
    "d. Adam, rate 0.01": (0.95, "test_accuracy"),
    "d. Adam, rate 0.001": (0.95, "test_accuracy"),
    "e. ReLU, He": (None, "test_accuracy"),
    "e. sigmoid, Xavier": (None, "test_accuracy"),
}

SIMARD = {
    "hidden": [800, 800], "batch_size": 100, "epochs": 30, "optimizer": "momentum",
    "learning_rate": 0.05, "decay": True, "affine": [12, 0.12, 0.12, 1], "elastic": [34, 4],
    "clean": 2,
}  # fmt: skip

ABLATION = {  # what is taken away, or added; nothing else is chosen anew
    "everything": {},
    "without elastic": {"elastic": None},
    "without affine": {"affine": None},
    "without any distortion": {"affine": None, "elastic": None},
    "without clean passes": {"clean": 0},
    "without a falling rate": {"decay": False},
    "without momentum": {"optimizer": "sgd", "learning_rate": 0.5},  # steps of the same length
    "with dropout": {"dropout": 0.2},
    "with L2": {"l2": 1e-5},
}

EXPERIMENTS = {  # name: what it asks, its rows, its seeds
    "ladder": {
        "what": "from 85 to 98 per cent, one change a rung",
        "rows": LADDER, "cumulative": True, "seeds": 5,
    },
    "units": {
        "what": "10, 32, 128 and 512 hidden units",
        "rows": {
            f"{n} hidden": {
                "hidden": [n], "optimizer": "momentum", "learning_rate": 0.02, "decay": True,
            }
            for n in (10, 32, 128, 512)
        },
        "seeds": 5,
    },
    "heatmap": {
        "what": "learning rate against batch size, 3 passes, validation only",
        "rows": {
            f"rate {rate}, batch {size}": {"learning_rate": rate, "batch_size": size, "epochs": 3}
            for rate in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
            for size in (8, 32, 128, 512, 2048, 8192)
        },
        "seeds": 3, "test": False,
    },
    "classics": {
        "what": "five public projects, claimed against reproduced", "rows": CLASSICS, "seeds": 5,
    },
    "simard": {
        "what": "784-800-800-10 on distorted digits: 99.3 per cent",
        "rows": {
            "affine + elastic": SIMARD | {
                "n_valid": 0,
                "choose": [
                    {"affine": [8, 0.08, 0.08, 1], "elastic": [28, 4]},
                    {"affine": [12, 0.12, 0.12, 1], "elastic": [34, 4]},
                    {"affine": [12, 0.12, 0.12, 1], "elastic": [60, 6]},
                    {"affine": [15, 0.18, 0.18, 1], "elastic": [40, 4]},
                ],
            },
        },
        "seeds": 5, "choose_with": {"epochs": 20},
    },
    "record": {
        "what": "committees of such networks: how far plain networks go",
        "rows": {
            "committee of 3": SIMARD | {"members": 3, "n_valid": 0},
            "committee of 4, longer": SIMARD | {
                "members": 4, "n_valid": 0,
                "choose": [{"epochs": 30}, {"epochs": 60}, {"epochs": 60, "looks": 5}],
            },
        },
        "seeds": 3, "choose_with": {"members": 1},
    },
    "kinds": {
        "what": "committees whose members see digits prepared in two ways",
        "rows": {
            "committee of 6, two kinds": SIMARD | {
                "members": 6, "n_valid": 0, "epochs": 60, "looks": 5, "fused": True,
                "choose": each(
                    "kinds", ["plain"], ["upright"], ["plain", "upright"], ["plain", 13],
                    ["plain", 16], ["plain", 19], ["upright", 16],
                ),
            },
        },
        "seeds": 3, "choose_with": {"members": 2, "epochs": 30}, "choose_by": "valid_loss",
    },
    "ablation": {
        "what": "each ingredient's share, with 10 passes instead of 30",
        "rows": {row: SIMARD | {"epochs": 10, "n_valid": 0} | c for row, c in ABLATION.items()},
        "seeds": 3,
    },
}  # fmt: skip


def as_text(settings):
    """Return the settings that differ from DEFAULTS, as they stand in the result files."""
    return json.dumps({k: v for k, v in settings.items() if v != DEFAULTS[k]})
