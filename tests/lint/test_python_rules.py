"""All rules of Python over code that is put together anyhow: they say something or nothing."""

from __future__ import annotations

import ast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snowshed.lint import Finding, rules
from snowshed.lint._python import read
from snowshed.lint._source import Source

RULES = [rule for rule in rules().values() if rule.in_python is not None]
VALUES = st.sampled_from(
    [
        "asyncio.create_task(work(x))",
        "asyncio.Semaphore(3)",
        "await asyncio.wait(tasks, timeout=x)",
        "await asyncio.gather(*(work(y) for y in x))",
        "threading.Thread(target=lambda: x).start()",
        "httpx.AsyncClient(timeout=None)",
        "asyncio.Queue()",
        "loop.run_in_executor(None, work, x)",
        "requests.Session().get(x)",
        "await asyncio.open_connection(x)",
        "time.sleep(x)",
        "tasks.append(x)",
        "x.y.z(x)[x](*x, **x)",
        "(x := x or x)",
        "lambda x=x: x",
        "ThreadPoolExecutor(x)",
    ]
)
SIMPLE = st.builds(
    str.format,
    st.sampled_from(
        [
            "{}",
            "x = {}",
            "x, tasks = {}",
            "self.x = {}",
            "return {}",
            "tasks[{}] = x",
            "yield {}",
            "del x",
            "x: int = {}",
            "x += {}",
            "raise {}",
            "assert {}",
            "print(f'{{{}!r}}')",
        ]
    ),
    VALUES,
)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    heads = st.sampled_from(
        [
            "if x:",
            "for x in tasks:",
            "async for x in tasks:",
            "while True:",
            "with x as tasks:",
            "async with x:",
            "async def x(self, x=x, *tasks):",
            "def work(x):",
            "class work(x):",
            "@app.get('/x')\nasync def handler(request):",
            "match x:\n case [x, *tasks]:",
        ]
    )
    body = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    return st.builds(lambda head, body: f"{head}\n{indented(body)}", heads, body)


def indented(code: str) -> str:
    return "\n".join(f"  {line}" for line in code.splitlines())


CODE = st.recursive(SIMPLE, blocks, max_leaves=12)
HEAD = (
    "import asyncio, httpx, requests, threading, time\n"
    "from concurrent.futures import ThreadPoolExecutor\n"
    "loop = asyncio.get_event_loop()\n"
)


def found_in(code: str) -> list[Finding]:
    model = read([Source("app/main.py", code.encode())])
    return [
        finding for rule in RULES if rule.in_python is not None for finding in rule.in_python(model)
    ]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(CODE, max_size=4))
def test_no_code_breaks_a_rule_and_no_fix_breaks_code(pieces: list[str]) -> None:
    body = indented("\n".join(pieces) or "pass")
    code = f"{HEAD}async def outer(self, tasks):\n{body}\n"
    for finding in found_in(code):
        assert 1 <= finding.span.line <= code.count("\n")
        if finding.fix is None:
            continue
        after = code.encode()
        for edit in sorted(finding.fix.edits, key=lambda each: each.start, reverse=True):
            after = after[: edit.start] + edit.text.encode() + after[edit.end :]
        # A `return` outside of a function and the like are none of a parser's business.
        ast.parse(after)


def test_long_chains_and_deep_code_break_no_rule() -> None:
    chain = "query" + ".where(x)" * 800
    sum_ = "+".join(["'a'"] * 900)
    many = "\n".join(f"  x = x.where({number})" for number in range(300))
    code = (
        f"{HEAD}async def f(x, query):\n{many}\n  requests.get(x.get({sum_}))\n"
        f"  asyncio.create_task(work({sum_}))\n  async with x.limit({sum_}):\n"
        f"    await asyncio.gather(*[work({sum_}) for y in {chain}])\n  {chain}.get(x)\n"
    )
    assert {finding.rule for finding in found_in(code)} >= {"SN102", "SN201"}
