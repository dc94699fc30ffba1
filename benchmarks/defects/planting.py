"""Find the small defects that a module can have, and produce its text with one of them."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
CALCULATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,  # also conditions of querysets
    ast.BitOr: ast.BitAnd,
}
OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any", "filter": "exclude", "exclude": "filter"}
#: Functions whose keyword arguments are conditions, or values to be written.
CONDITIONS = {"filter", "exclude", "get", "Q", "update"}


@dataclass(frozen=True)
class Defect:
    """One small change of a module: its place, its description, and the changed text of the module."""

    path: str
    line: int
    last_line: int
    change: str
    text: str
    #: Whether the line is in a cached function, which runs once per process for many tests.
    once: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.change}"


#: The place, the description, and the function that applies the change to the tree.
Change = tuple[ast.AST, str, Callable[[], object]]


def defects(path: str, text: str) -> list[Defect]:
    """Return every possible defect of a module, in the order of its lines."""
    tree = ast.parse(text)
    found, cached = [], _cached_lines(tree)
    for number in range(len(list(_changes(tree)))):
        copy = deepcopy(tree)
        place, change, alter = list(_changes(copy))[number]
        line, last_line = place.lineno, place.end_lineno  # type: ignore[attr-defined]
        alter()
        altered = ast.unparse(ast.fix_missing_locations(copy))
        found.append(Defect(path, line, last_line, change, altered, once=line in cached))
    return sorted(found, key=lambda defect: defect.line)


def _cached_lines(tree: ast.Module) -> set[int]:
    """Return the lines of functions decorated with functools.cache."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "cache" for one in node.decorator_list)
        for line in range(node.lineno, node.end_lineno + 1)  # type: ignore[operator]
    }


def _changes(tree: ast.Module) -> Iterator[Change]:
    for node in _nodes(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
            yield node, "comparison turned", partial(node.ops.__setitem__, 0, COMPARISONS[type(node.ops[0])]())
        elif isinstance(node, ast.BoolOp):
            yield from _changes_of_condition(node)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not dropped", partial(setattr, node, "operand", ast.UnaryOp(ast.Not(), node.operand))
        elif isinstance(node, ast.BinOp) and type(node.op) in CALCULATIONS:
            yield node, "calculation turned", partial(setattr, node, "op", CALCULATIONS[type(node.op)]())
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield node, "constant swapped", partial(setattr, node, "value", not node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield node, "one more", partial(setattr, node, "value", node.value + 1)
        elif isinstance(node, ast.Call):
            yield from _changes_of_call(node)
        elif isinstance(node, ast.If | ast.IfExp):
            yield node.test, "condition turned", partial(setattr, node, "test", ast.UnaryOp(ast.Not(), node.test))
        yield from _dropped_statements(node)


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes for defects: not annotations, decorators, or code for type checkers only."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        for name, value in ast.iter_fields(node):
            if name not in {"annotation", "returns", "decorator_list"}:
                children = value if isinstance(value, list) else [value]
                pending += [child for child in children if isinstance(child, ast.AST)]


def _changes_of_condition(node: ast.BoolOp) -> Iterator[Change]:
    yield node, "and/or swapped", partial(setattr, node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for number, operand in enumerate(node.values):
        yield operand, "operand dropped", partial(node.values.pop, number)


def _changes_of_call(node: ast.Call) -> Iterator[Change]:
    function = node.func
    attribute = "attr" if isinstance(function, ast.Attribute) else "id"
    name = getattr(function, attribute, "")
    if name in OPPOSITES:
        yield node, f"{name} became {OPPOSITES[name]}", partial(setattr, function, attribute, OPPOSITES[name])
    if name in CONDITIONS:
        for number, keyword in enumerate(node.keywords):
            if keyword.arg:
                yield keyword, f"{keyword.arg} dropped", partial(node.keywords.pop, number)


def _dropped_statements(node: ast.AST) -> Iterator[Change]:
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        for number, statement in enumerate(block if isinstance(block, list) else []):
            if _has_effect(statement):
                yield (
                    statement,
                    f"statement dropped: {ast.unparse(statement)[:60]}",
                    partial(block.__setitem__, number, ast.Pass()),
                )


def _has_effect(statement: ast.AST) -> bool:
    """Return whether a statement has a visible effect.

    That is a call, an assignment to an attribute or item, or a raise.
    """
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call)
    if isinstance(statement, ast.Assign):
        return any(isinstance(target, ast.Attribute | ast.Subscript) for target in statement.targets)
    return isinstance(statement, ast.AugAssign | ast.Raise)
