"""Benchmark of training: the results as a file, as tables and as pictures."""

import json

import numpy as np
from measuring import about
from peers import LOOPS

SECTIONS = ("steps", "epochs", "history", "scaling", "accuracy", "memory")


def keep(rows, folder):
    """Write the rows into the results, in place of those of the same section, type and threads."""
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    new, key = pd.DataFrame(rows), ["section", "dtype", "threads"]
    path = folder / "training.csv"
    if path.exists():
        old = pd.read_csv(path)
        again = pd.MultiIndex.from_frame(old[key]).isin(pd.MultiIndex.from_frame(new[key]))
        new = pd.concat([old[~again], new], ignore_index=True)
    order = {name: k for k, name in enumerate(SECTIONS)}
    new = new.sort_values(key, key=lambda c: c.map(order) if c.name == "section" else c,
                          kind="stable")  # fmt: skip
    new.to_csv(path, index=False, float_format="%.6g")
    (folder / "training.json").write_text(json.dumps(about(), indent=1) + "\n")
    return pd.read_csv(path)


def print_tables(table):
    """Print the ratios, peers side by side, and the other sections as they are."""
    import pandas as pd

    pd.set_option("display.width", 160, "display.max_columns", 20)
    for section in ("steps", "epochs"):
        part = table[table["section"] == section]
        if len(part):
            floor = part[part["peer"] == "floor"].copy()
            floor["peer"], floor["ratio"] = "floor, ms", 1e3 * floor["seconds"]
            part = pd.concat([floor, part[part["peer"] != "floor"]])
            wide = part.pivot_table(
                "ratio", ["dtype", "threads", "net", "batch"], "peer", sort=False
            )
            print(f"\n{section}: time as a multiple of the floor (median)")
            print(wide.round(2).to_string(na_rep="–"))
    for section, columns in {
        "history": ["dtype", "threads", "note", "net", "batch", "peer", "seconds", "ratio"],
        "scaling": ["dtype", "threads", "note", "value", "peer", "seconds", "work", "ratio"],
        "accuracy": ["dtype", "value", "peer", "seconds", "cpu_seconds", "accuracy", "sd",
                     "lowest", "note"],
        "memory": ["dtype", "threads", "peer", "megabytes"],
    }.items():  # fmt: skip
        part = table[table["section"] == section]
        if len(part):
            print(f"\n{section}")
            print(part[columns].to_string(index=False, float_format=lambda v: f"{v:.4g}"))


def draw(table, folder):
    """Draw the ratios of the steps, and the scaling."""
    import matplotlib

    matplotlib.use("Agg")
    steps = table[table["section"] == "steps"]
    for dtype in steps["dtype"].unique():
        figure = draw_steps(steps[steps["dtype"] == dtype])
        figure.savefig(folder / f"training_{dtype}.png", dpi=110)
        if dtype == "float32":
            draw_readme(steps[steps["dtype"] == dtype]).savefig(folder / "speed.png", dpi=110)
    scaling = table[(table["section"] == "scaling") & (table["dtype"] == "float32")]
    if len(scaling):
        draw_scaling(scaling).savefig(folder / "scaling.png", dpi=110)


def draw_steps(steps):
    """Return a figure: time of a step over batch size, as a multiple of the floor."""
    from nnlib.plumbing import plots

    nets, threads = steps["net"].unique(), sorted(steps["threads"].unique())
    figure, axes = plots.new_figure(
        len(threads), len(nets), (3.6 * len(nets) + 1.6, 3.4 * len(threads)),
        sharey=True, squeeze=False,
    )  # fmt: skip
    for i, t in enumerate(threads):
        for ax, net in zip(axes[i], nets):
            draw_ratios(ax, steps[(steps["net"] == net) & (steps["threads"] == t)])
            ax.set_title(f"{net}, {t} thread{'s' * int(t > 1)}")
        axes[i, 0].set_ylabel("time of a step,\nmultiple of its matrix products")
    handles, labels = axes[0, min(1, len(nets) - 1)].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=9)
    figure.suptitle(f"{steps['dtype'].iloc[0]}; 1 is the floor: the products alone")
    return figure


def draw_ratios(ax, part):
    """Draw one network's ratios over batch size, a line for each peer."""
    from nnlib.plumbing import plots

    sizes = list(dict.fromkeys(part["batch"].astype(str)))
    for k, peer in enumerate(LOOPS[1:]):
        mine = part[part["peer"] == peer]
        at = [sizes.index(b) for b in mine["batch"].astype(str)]
        ax.plot(at, mine["ratio"], label=peer, **plots.style(k) | {"markersize": 6})
    ax.axhline(1, color="black", linewidth=1)
    ax.set(xticks=range(len(sizes)), xticklabels=sizes, yscale="log", xlabel="batch size")
    ticks = (0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20)
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(alpha=0.3)


def draw_readme(steps):
    """Return a figure: batches of 32 and 128 with one thread, a line for each peer."""
    from nnlib.plumbing import plots

    steps = steps[(steps["threads"] == 1) & steps["batch"].astype(str).isin(["32", "128"])]
    nets = steps["net"].unique()
    peers = [name for name in LOOPS[1:] if name in set(steps["peer"])][::-1]
    figure, axes = plots.new_figure(1, len(nets), (9.6, 2.8), sharey=True, squeeze=False)
    for ax, net in zip(axes[0], nets):
        draw_bars(ax, steps[steps["net"] == net], peers)
        ax.set(title=net, yticks=range(len(peers)), yticklabels=peers)
        ax.margins(x=0.16)
    axes[0, len(nets) // 2].set_xlabel("time of a step, as a multiple of its matrix products alone")
    axes[0, -1].legend(fontsize=8)
    return figure


def draw_bars(ax, steps, peers):
    """Draw one network's bars, two a peer, with the ratio beside each."""
    from nnlib.plumbing import plots

    paper = dict(facecolor="white", edgecolor="none", pad=0.4)
    for k, batch in enumerate(("32", "128")):
        part = steps[(steps["batch"].astype(str) == batch) & (steps["peer"] != "floor")]
        at = [peers.index(peer) + 0.16 - 0.32 * k for peer in part["peer"]]
        ax.barh(at, part["ratio"], height=0.3, color=plots.COLOURS[k], label=f"batch {batch}",
                hatch=("", "///")[k], edgecolor="white")  # fmt: skip
        for y, ratio in zip(at, part["ratio"]):
            text = f"{ratio:.1f}" if ratio > 9.95 else f"{ratio:.2f}"
            ax.annotate(text, (ratio, y), (3, 0), textcoords="offset points", va="center",
                        fontsize=7, bbox=paper)  # fmt: skip
    for peer in set(peers) - set(steps["peer"]):
        ax.annotate("not measured", (1, peers.index(peer)), (4, 0), va="center", fontsize=7,
                    textcoords="offset points")  # fmt: skip
    ax.axvline(1, color="black", linewidth=1)


def draw_scaling(scaling):
    """Return a figure: time of a step over the operations in its products."""
    from nnlib.plumbing import plots

    scaling = scaling[scaling["threads"] == scaling["threads"].min()]
    figure, ax = plots.new_figure(size=(7.2, 4.6))
    mine = scaling[scaling["peer"] == "nnlib"]
    for k, name in enumerate(mine["note"].unique()):
        part = mine[mine["note"] == name]
        label = f"{name}: {part['value'].iloc[0]:,.0f} … {part['value'].iloc[-1]:,.0f}"
        ax.plot(part["work"] / 1e9, 1e3 * part["seconds"], label=label, **plots.style(k))
    speed = (mine["seconds"] / mine["work"]).min()
    ends = np.array([mine["work"].min(), mine["work"].max()])
    ax.plot(ends / 1e9, 1e3 * ends * speed, color="grey", linewidth=1,
            label=f"proportional: {1e-9 / speed:.0f} billion a second")  # fmt: skip
    ax.set(xscale="log", yscale="log", ylabel="time of a step (ms)",
           xlabel="operations in its matrix products (billions)")  # fmt: skip
    ax.legend(fontsize=9)
    ax.grid(alpha=0.3)
    return figure
