"""Logs folded by compiled code: lines are taken apart as bytes, and only distinct values become text.

What this lane takes, it takes as the strict expression does; all other lines go on to the strict expression.

- `plan`: a format as steps. `reader`, `lines`, `rows`, `tables`, `words`: what is done with each line, in the small
  language of `language`, whose words for memory are in `bits`; `layout` says where things lie.
- `translate`, `expressions`, `emit`: that language as LLVM's; `machine`: as machine code, made once and kept.
- `state`, `worker`, `gathering`, `kept`, `fold`: the arrays that the code works on, the threads, and the sums of all.
"""
