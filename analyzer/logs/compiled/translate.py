"""Functions of the language, as a module of LLVM's code."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import TYPE_CHECKING

from llvmlite import ir

from analyzer.logs.compiled.emit import NUMBER, Code
from analyzer.logs.compiled.expressions import Expressions, NotInTheLanguage, number
from analyzer.logs.compiled.language import APART, COMPILED, ENTRY, INLINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def module_text(constants: Mapping[str, object]) -> str:
    """Return the code of all functions of the language.

    Parameters
    ----------
    constants
        Names that have another value than in the sources, in every function.
    """
    names = frozenset(constants)
    changing = [one for one in COMPILED if not names.isdisjoint(_names_read(one))]
    module = ir.Module("lines")
    functions = {one: _declared(module, one, way) for one, way in COMPILED.items()}
    for one in changing:
        _Function(one, functions[one], functions, constants).write()
    fixed, declared = _fixed(tuple(COMPILED.items()), names)
    more = [one for name, one in module.globals.items() if name not in declared and one not in functions.values()]
    return "\n".join([fixed, *map(str, more), *(str(functions[one]) for one in changing)])


@cache
def _fixed(compiled: tuple[tuple[Callable[..., int], str], ...], names: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Return the code of the functions that read none of the names: it is the same whatever these stand for.

    Also returned is what of LLVM's own it declares.
    """
    module = ir.Module("lines")
    functions = {one: _declared(module, one, way) for one, way in compiled}
    fixed = [one for one in functions if names.isdisjoint(_names_read(one))]
    for one in fixed:
        _Function(one, functions[one], functions, {}).write()
    for one in functions.keys() - set(fixed):
        del module.globals[functions[one].name]
    ours = {made.name for made in functions.values()}
    return str(module), frozenset(module.globals.keys() - ours)


@cache
def _tree(function: Callable[..., int]) -> ast.FunctionDef:
    """Return a function's source, taken apart."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise NotInTheLanguage(ast.unparse(tree))
    return tree


@cache
def _names_read(function: Callable[..., int]) -> frozenset[str]:
    """Return the names that a function reads."""
    return frozenset(one.id for one in ast.walk(_tree(function)) if isinstance(one, ast.Name))


def _declared(module: Code, function: Callable[..., int], way: str) -> Code:
    """Return a function that has no body yet."""
    count = len(inspect.signature(function).parameters)
    made = ir.Function(module, ir.FunctionType(NUMBER, [NUMBER] * count), function.__name__)
    made.attributes.add("nounwind")
    if way != ENTRY:
        made.linkage = "internal"
    if way == INLINE:
        made.attributes.add("alwaysinline")
    if way == APART:
        made.attributes.add("noinline")
    return made


class _Function:
    """One function being written."""

    def __init__(
        self,
        function: Callable[..., int],
        made: Code,
        functions: Mapping[Callable[..., int], Code],
        constants: Mapping[str, object],
    ) -> None:
        self._tree, self._made = _tree(function), made
        self._builder = ir.IRBuilder(made.append_basic_block("entry"))
        names = {**vars(inspect.getmodule(function)), **constants}
        self._say = Expressions(self._builder, names, functions)
        self._loops: list[tuple[Code, Code]] = []  # where `continue` and `break` go

    def write(self) -> None:
        """Write the body."""
        for argument, value in zip(self._tree.args.args, self._made.args, strict=True):
            self._put(argument.arg, value)
        rounds = [
            one.target for one in ast.walk(self._tree) if isinstance(one, ast.For) and isinstance(one.iter, ast.Name)
        ]
        constant = {name for target in rounds for name in _names(target)}
        for name in _names(self._tree):
            if name not in constant:
                self._place(name)
        for loop in ast.walk(self._tree):
            if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name):
                self._place(_counter(loop.target.id, loop.body))
        self._statements(self._tree.body)
        if not self._builder.block.is_terminated:
            self._builder.ret(number(0))

    def _place(self, name: str) -> Code:
        """Return where a variable lies."""
        if name not in self._say.variables:
            self._say.variables[name] = self._builder.alloca(NUMBER, name=name)
        return self._say.variables[name]

    def _put(self, name: str, value: Code) -> None:
        """Give a variable a value."""
        self._builder.store(value, self._place(name))

    def _statements(self, some: Sequence[ast.stmt]) -> None:
        """Write statements; what follows a jump is never reached."""
        for one in some:
            if not self._builder.block.is_terminated:
                self._statement(one)

    def _statement(self, node: ast.stmt) -> None:
        """Write one statement."""
        match node:
            case ast.Assign([ast.Name(name)], value):
                self._put(name, self._say.value(value))
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
                for target, found in zip(targets, [self._say.value(one) for one in values], strict=True):
                    self._put(ast.unparse(target), found)
            case ast.AugAssign(ast.Name(name), operator, value):
                self._put(name, self._say.value(ast.BinOp(ast.Name(name, ast.Load()), operator, value)))
            case ast.Expr(ast.Constant()):
                pass
            case ast.Expr(value):
                self._say.value(value)
            case ast.Return(value):
                self._builder.ret(number(0) if value is None else self._say.value(value))
            case ast.Break() | ast.Continue():
                self._builder.branch(self._loops[-1][isinstance(node, ast.Break)])
            case _:
                self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        """Write a statement that holds others."""
        match node:
            case ast.If(test, body, otherwise):
                self._if(test, body, otherwise)
            case ast.While(test, body):
                self._loop(lambda: self._say.truth(test), body)
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), [*start, end]), body):
                self._range(name, start, end, body)
            case ast.For(target, ast.Name(constant), body):
                self._rounds(target, self._say.names[constant], body)
            case _:
                raise NotInTheLanguage(ast.unparse(node))

    def _if(self, test: ast.expr, body: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]) -> None:
        """Write a choice; of a constant one, what is chosen."""
        known = self._say.constant(test)
        if known is not None:
            self._statements(body if known else otherwise)
            return
        blocks = [self._made.append_basic_block(name) for name in ("if", "else", "end")]
        self._builder.cbranch(self._say.truth(test), *blocks[:2])
        for block, some in zip(blocks, (body, otherwise), strict=False):
            self._builder.position_at_end(block)
            self._statements(some)
            if not self._builder.block.is_terminated:
                self._builder.branch(blocks[2])
        self._builder.position_at_end(blocks[2])

    def _loop(
        self,
        test: Callable[[], Code],
        body: Sequence[ast.stmt],
        begin: Callable[[], None] = lambda: None,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        """Write a loop; `begin` and `step` are what is done before and after each round."""
        head, inside, again, end = (self._made.append_basic_block(name) for name in ("head", "do", "again", "end"))
        self._builder.branch(head)
        self._builder.position_at_end(head)
        self._builder.cbranch(test(), inside, end)
        self._builder.position_at_end(inside)
        begin()
        self._loops.append((again, end))
        self._statements(body)
        self._loops.pop()
        if not self._builder.block.is_terminated:
            self._builder.branch(again)
        self._builder.position_at_end(again)
        step()
        self._builder.branch(head)
        self._builder.position_at_end(end)

    def _range(self, name: str, start: Sequence[ast.expr], end: ast.expr, body: Sequence[ast.stmt]) -> None:
        """Write a loop over whole numbers; its end is found once, and its body may change the name."""
        hidden, stop = _counter(name, body), self._say.value(end)
        self._put(hidden, self._say.value(start[0]) if start else number(0))
        place = self._place(hidden)

        def begin() -> None:
            self._put(name, self._builder.load(place))

        def more() -> Code:
            return self._builder.icmp_signed("<", self._builder.load(place), stop)

        self._loop(
            more, body, begin, lambda: self._put(hidden, self._builder.add(self._builder.load(place), number(1)))
        )

    def _rounds(self, target: ast.expr, rounds: Sequence[tuple[int, ...]], body: Sequence[ast.stmt]) -> None:
        """Write a loop's rounds out, with what changes from one to the other as constants; none may be left early."""
        for values in rounds:
            self._say.names.update(zip(_names(target), values, strict=True))
            self._statements(body)


def _names(tree: ast.AST) -> list[str]:
    """Return the names that something gives values to."""
    return [one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]


def _counter(name: str, body: Sequence[ast.stmt]) -> str:
    """Return the name of a loop's own counter."""
    return f"{name} of line {body[0].lineno}"
