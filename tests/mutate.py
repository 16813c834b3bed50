"""Change a function's source in one place at a time, in every way there is.

Operators and comparisons are exchanged, constants moved by 1, axes turned, arguments swapped,
operands swapped where their order counts, statements dropped, a transposition taken away.
"""

import ast
import copy

MOST = 100  # mutants of one function
OPERATORS = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,), ast.Mod: (ast.FloorDiv,),
    ast.FloorDiv: (ast.Div,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
ORDER_COUNTS = (ast.Sub, ast.Div, ast.Pow, ast.MatMult)


def mutants(source):
    """Yield (what was changed, source) for each mutant of a module's source, at most MOST."""
    found = {}
    for number, node in enumerate(ast.walk(ast.parse(source))):
        for what, change in changes(node):
            tree = ast.parse(source)
            twin = list(ast.walk(tree))[number]
            change(twin)
            ast.fix_missing_locations(tree)
            text = ast.unparse(tree)
            line = getattr(node, "lineno", 0)
            found.setdefault(text, f"{what} in line {line}: {new_line(source, text)}")
    found.pop(ast.unparse(ast.parse(source)), None)
    chosen = list(found.items())
    if len(chosen) > MOST:  # evenly over the whole function
        chosen = [chosen[i * len(chosen) // MOST] for i in range(MOST)]
    return [(what, text) for text, what in chosen]


def new_line(source, text):
    """Return the line that a mutant has and the source hasn't."""
    old = ast.unparse(ast.parse(source)).splitlines()
    return next((line.strip() for line in text.splitlines() if line not in old), "")


def changes(node):
    """Yield (what, function that changes the node) for each way to change one node."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other in OPERATORS.get(type(node.op), ()):
            yield f"{name(node.op)} to {other.__name__}", setter("op", other)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ORDER_COUNTS):
        yield f"operands of {name(node.op)} swapped", swap
    if isinstance(node, ast.Compare):
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield f"{name(node.ops[0])} to {other.__name__}", comparison(other)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "minus dropped", setter("op", ast.UAdd)
    if isinstance(node, ast.Constant):
        yield from constants(node.value)
    if isinstance(node, ast.Call) and len(node.args) > 1:
        yield "first arguments swapped", swap_arguments
    if isinstance(node, ast.Call) and node.keywords:
        yield "last keyword dropped", drop_keyword
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transposition dropped", untranspose
    if isinstance(node, ast.Attribute) and node.attr in TWINS:
        yield f"{node.attr} to {TWINS[node.attr]}", setter_value("attr", TWINS[node.attr])
    for field in ("body", "orelse"):
        body = getattr(node, field, None)
        if isinstance(body, list) and not isinstance(node, ast.Module):
            for i, statement in enumerate(body):
                if not isinstance(statement, ast.FunctionDef):
                    yield (
                        f"{name(statement)} dropped: {ast.unparse(statement)[:40]}",
                        drop(field, i),
                    )


TWINS = {
    "argmax": "argmin", "argmin": "argmax", "max": "min", "maximum": "minimum", "sum": "mean",
    "mean": "sum", "sqrt": "square", "log": "exp", "exp": "log", "zeros_like": "ones_like",
    "zeros": "ones",
}  # fmt: skip


def constants(value):
    """Yield the ways to change a constant."""
    if isinstance(value, bool):
        yield f"{value} to {not value}", setter_value("value", not value)
    elif isinstance(value, (int, float)):
        for other in {value + 1, value - 1, -value} - {value}:
            yield f"{value} to {other}", setter_value("value", other)
    elif value is None:
        yield "None to 0", setter_value("value", 0)


def name(node):
    return type(node).__name__


def setter(field, kind):
    return lambda node: setattr(node, field, kind())


def setter_value(field, value):
    return lambda node: setattr(node, field, copy.copy(value))


def comparison(kind):
    def change(node):
        node.ops[0] = kind()

    return change


def swap(node):
    node.left, node.right = node.right, node.left


def swap_arguments(node):
    node.args[0], node.args[1] = node.args[1], node.args[0]


def drop_keyword(node):
    node.keywords.pop()


def untranspose(node):
    value = copy.deepcopy(node.value)
    node.attr = "real"  # of real numbers, the same array
    node.value = value


def drop(field, i):
    def change(node):
        getattr(node, field)[i] = ast.Pass()

    return change
