"""Machine code made by LLVM, and run by it where `image` cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import binding

from analyzer.logs.compiled import ordering, reader, rows, spreading, tables  # noqa: F401 -- to be compiled
from analyzer.logs.compiled.image import RUNS_HERE
from analyzer.logs.compiled.translate import module_text

if TYPE_CHECKING:
    from typing import TypeAlias

    from analyzer.logs.compiled.steps import Plan

    Llvm: TypeAlias = Any  # llvmlite has no types

_OPTIMIZED = 3  # as `-O3`


def target() -> Llvm:
    """Return LLVM's picture of this processor."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    how = {"reloc": "pic", "codemodel": "small"} if RUNS_HERE else {"jit": True}
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=_OPTIMIZED, **how
    )


def made(steps: Plan) -> bytes:
    """Return the code that reads lines of these steps, as an object file."""
    here = target()
    module = binding.parse_assembly(module_text({"STEPS": steps}))
    options = binding.create_pipeline_tuning_options(speed_level=_OPTIMIZED)
    builder = binding.create_pass_builder(here, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(here.emit_object(module))


def processor() -> str:
    """Return what this processor is, and what it can do."""
    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


class Engine:
    """An object file run by LLVM.

    Attributes
    ----------
    entries
        Addresses of its functions.
    """

    def __init__(self, code: bytes, names: list[str]) -> None:
        # All sections in one place: code for an image does not reach far.
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target(), use_lmm=RUNS_HERE or None)
        self._engine.add_object_file(binding.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.entries = {name: int(self._engine.get_function_address(name)) for name in names}
