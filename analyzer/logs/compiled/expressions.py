"""Expressions of the language, as LLVM's code."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from analyzer.logs.compiled.emit import EMITTED, NUMBER, Code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TRUTH = ir.IntType(1)
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_OPERATION: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor",
    ast.LShift: "shl", ast.RShift: "lshr",
}  # fmt: skip
_SIGN = 63


class NotInTheLanguage(Exception):  # noqa: N818 -- a mistake in our own sources, found by compiling them
    """Something in a function that cannot be compiled."""


def number(value: int) -> Code:
    """Return a constant, whatever of it 64 bits hold."""
    return ir.Constant(NUMBER, (value + (1 << _SIGN)) % (1 << 64) - (1 << _SIGN))


class Expressions:
    """Expressions within one function.

    Attributes
    ----------
    variables
        Where each variable lies.
    names
        What is constant: the function's globals, and what rounds written out give.
    """

    def __init__(self, builder: Code, names: Mapping[str, Any], functions: Mapping[Callable[..., int], Code]) -> None:
        self.builder, self.variables = builder, dict[str, Code]()
        self.names, self._functions = dict(names), functions

    def constant(self, node: ast.expr) -> object:
        """Return what an expression is, if that is known before anything runs; None otherwise."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and (
                part.id in self.variables or not isinstance(self._named(part.id), int | str | bytes | tuple)
            ):
                return None
            if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id == "ord"):
                return None
        known = {**self.names, "ord": ord}
        return eval(compile(ast.Expression(node), "<constant>", "eval"), known)  # noqa: S307 -- of our own sources

    def _named(self, name: str) -> object:
        """Return what a global name stands for; `ord` is taken for what it gives."""
        return 0 if name == "ord" else self.names.get(name)

    def value(self, node: ast.expr) -> Code:  # noqa: PLR0911 -- one a kind of expression
        """Return an expression's number."""
        known = self.constant(node)
        if isinstance(known, int):
            return number(known)
        match node:
            case ast.Name(name) if name in self.variables:
                return self.builder.load(self.variables[name])
            case ast.BinOp(left, operator, right):
                return self._operation(operator, self.value(left), self.value(right))
            case ast.UnaryOp(ast.USub(), operand):
                return self.builder.neg(self.value(operand))
            case ast.UnaryOp(ast.Invert(), operand):
                return self.builder.not_(self.value(operand))
            case ast.IfExp(test, then, otherwise):
                return self._either(test, then, otherwise)
            case ast.Call(ast.Name(name), arguments):
                return self._call(name, arguments)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(ast.Not()):
                return self.builder.zext(self.truth(node), NUMBER)
        raise NotInTheLanguage(ast.unparse(node))

    def truth(self, node: ast.expr) -> Code:
        """Return whether an expression holds."""
        known = self.constant(node)
        if known is not None:
            return ir.Constant(_TRUTH, int(bool(known)))
        match node:
            case ast.UnaryOp(ast.Not(), operand):
                return self.builder.not_(self.truth(operand))
            case ast.Compare(left, [operator], [right]):
                return self.builder.icmp_signed(_COMPARED[type(operator)], self.value(left), self.value(right))
            case ast.Compare(left, [first, *others], [middle, *right]):
                one, rest = ast.Compare(left, [first], [middle]), ast.Compare(middle, others, right)
                return self.truth(ast.BoolOp(ast.And(), [one, rest]))
            case ast.BoolOp(operator, values):
                return self._both(values, stop=isinstance(operator, ast.Or))
        return self.builder.icmp_signed("!=", self.value(node), number(0))

    def _operation(self, operator: ast.operator, left: Code, right: Code) -> Code:
        """Return what an operation gives."""
        if isinstance(operator, ast.FloorDiv | ast.Mod):
            rest = self.builder.srem(left, right)
            below = self.builder.icmp_signed("<", rest, number(0))
            if isinstance(operator, ast.Mod):
                return self.builder.select(below, self.builder.add(rest, right), rest)
            quotient = self.builder.sdiv(left, right)
            return self.builder.select(below, self.builder.sub(quotient, number(1)), quotient)
        return getattr(self.builder, _OPERATION[type(operator)])(left, right)

    def _both(self, values: list[ast.expr], *, stop: bool) -> Code:
        """Return whether all hold (any, if `stop`); those after one that decides are not looked at."""
        if len(values) == 1:
            return self.truth(values[0])
        first, before = self.truth(values[0]), self.builder.block
        more, end = (self.builder.append_basic_block(name) for name in ("more", "end"))
        self.builder.cbranch(first, end if stop else more, more if stop else end)
        self.builder.position_at_end(more)
        rest, after = self._both(values[1:], stop=stop), self.builder.block
        self.builder.branch(end)
        self.builder.position_at_end(end)
        found = self.builder.phi(_TRUTH)
        found.add_incoming(ir.Constant(_TRUTH, int(stop)), before)
        found.add_incoming(rest, after)
        return found

    def _either(self, test: ast.expr, then: ast.expr, otherwise: ast.expr) -> Code:
        """Return one of two numbers; the other one is not looked at."""
        known = self.constant(test)
        if known is not None:
            return self.value(then if known else otherwise)
        blocks = [self.builder.append_basic_block(name) for name in ("then", "else", "end")]
        self.builder.cbranch(self.truth(test), *blocks[:2])
        found = []
        for block, node in zip(blocks, (then, otherwise), strict=False):
            self.builder.position_at_end(block)
            found.append((self.value(node), self.builder.block))
            self.builder.branch(blocks[2])
        self.builder.position_at_end(blocks[2])
        either = self.builder.phi(NUMBER)
        for one in found:
            either.add_incoming(*one)
        return either

    def _call(self, name: str, arguments: list[ast.expr]) -> Code:
        """Return what a function gives."""
        function: Code = self.names.get(name, getattr(builtins, name, None))
        if function in EMITTED:
            known = [self.constant(one) for one in arguments]
            texts = [
                one if isinstance(one, str) else self.value(node) for one, node in zip(known, arguments, strict=True)
            ]
            return EMITTED[function](self.builder, *texts)
        values = [self.value(one) for one in arguments]
        if function in (min, max):
            first, second = values
            smaller = self.builder.icmp_signed("<", first, second)
            return self.builder.select(smaller, *((first, second) if function is min else (second, first)))
        if function not in self._functions:
            raise NotInTheLanguage(name)
        return self.builder.call(self._functions[function], values)
