"""Python as rules see it: what names stand for, what stands in what, who serves requests."""

from __future__ import annotations

import ast
import gc
import weakref
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.lint._python import Folder, Function, Module, read
from snowshed.lint._source import Source


def folder(**files: str) -> Folder:
    sources = [
        Source(f"shop/{name}.py", dedent(text).lstrip("\n").encode())
        for name, text in files.items()
    ]
    return read(sources)


def module(text: str) -> Module:
    found = folder(main=text)
    _KEPT.append(found)
    return found.modules[0]


_KEPT: list[Folder] = []


def names(functions: list[Function]) -> list[str]:
    return [function.name for function in functions]


def only(calls: list[ast.Call]) -> ast.Call:
    (call,) = calls
    return call


def test_calls_are_found_by_what_they_were_imported_as() -> None:
    here = module("""
        import asyncio
        import asyncio as aio, urllib.request
        from asyncio import create_task as ct, wait
        from .helpers import load
        from . import store

        ct(a()); aio.create_task(b()); asyncio.create_task(c())
        wait(d); urllib.request.urlopen(e); load(); store.keep()
        other.create_task(f())
        """)
    assert len(here.calls_of("asyncio.create_task")) == 3
    assert len(here.calls_of("asyncio.wait", "urllib.request.urlopen")) == 2
    assert here.calls_of(".helpers.load")
    assert here.calls_of(".store.keep")
    assert len(here.calls_named("create_task")) == 3
    assert here.calls_of("create_task") == []


def test_a_parameter_hides_what_was_imported() -> None:
    here = module("""
        import asyncio

        def start(asyncio):
            asyncio.create_task(work())
            return lambda: asyncio.create_task(work())

        def run():
            asyncio.create_task(work())
        """)
    call = only(here.calls_of("asyncio.create_task"))
    assert here.function_of(call).name == "run"


@pytest.mark.parametrize(
    ("code", "made_by"),
    [
        ("loop = asyncio.get_running_loop()\nX = loop.create_task", "asyncio.get_running_loop()"),
        ("def f(loop: asyncio.AbstractEventLoop):\n X = loop", "asyncio.AbstractEventLoop()"),
        ("def f(q: 'asyncio.Queue[int] | None'):\n X = q", "asyncio.Queue()"),
        ("def f(q: Optional[asyncio.Queue]):\n X = q", "asyncio.Queue()"),
        ("async def f():\n async with asyncio.TaskGroup() as g:\n  X = g", "asyncio.TaskGroup()"),
        ("def f(given=None):\n s = given or asyncio.Lock()\n X = s", "asyncio.Lock()"),
        (
            "async def f():\n r = await asyncio.open_connection(h)\n X = r",
            "asyncio.open_connection()",
        ),
        ("q = None\nq = asyncio.Queue()\nX = q", "asyncio.Queue()"),
        ("q = asyncio.Queue()\nq = other()\nX = q", ""),
        ("for q in asyncio.Queue():\n X = q", ""),
        ("asyncio2 = requests\nX = asyncio2.Queue()", ""),
        ("class A:\n lock = asyncio.Lock()\n def f(self):\n  X = self.lock", "asyncio.Lock()"),
        ("class A:\n lock: asyncio.Lock\n def f(self):\n  X = self.lock", "asyncio.Lock()"),
        (
            "class A:\n def a(self): self.q = asyncio.Queue()\nclass B(A):\n def f(_): X = self.q",
            "asyncio.Queue()",
        ),
        ("X = a[0].b", ""),
    ],
)
def test_a_variable_is_followed_to_what_it_was_made_by(code: str, made_by: str) -> None:
    here = module(f"import asyncio\n{code}")
    (value,) = (
        assign.value
        for function in here.functions
        for assign in function.assigns
        if isinstance(assign, ast.Assign) and ast.unparse(assign.targets[0]) == "X"
    )
    assert here.origin(value).removesuffix(".create_task") == made_by


def test_a_variable_that_is_itself_has_no_origin() -> None:
    here = module("a = b\nb = a\nc = c.d\nX(a, c)")
    assert [here.origin(each) for each in only(here.calls_named("X")).args] == ["", ""]


def test_a_function_knows_what_is_its_own() -> None:
    here = module("""
        class Pool:
            @cached(make())
            async def get(self, size=default()):
                for each in first():
                    await one(each)
                def inner():
                    return two()
                return [three(x) for x in four()]
        """)
    get = next(each for each in here.functions if each.short_name == "get")
    assert get.name == "Pool.get"
    assert get.is_async
    assert [ast.unparse(call.func) for call in get.calls] == ["first", "one", "three", "four"]
    assert len(get.awaits) == 1
    assert len(get.loops) == 2
    assert len(get.exits) == 1
    inner = next(each for each in here.functions if each.short_name == "inner")
    assert inner.name == "Pool.get.<locals>.inner"
    assert inner.outer is get
    assert inner.class_ is None
    assert here.function_of(only(here.calls_named("default"))) is here.top
    assert here.function_of(only(here.calls_named("make"))) is here.top
    looped = {name: here.loop_of(only(here.calls_named(name))) for name in ("one", "first")}
    assert isinstance(looped["one"], ast.For)
    assert looped["first"] is None
    assert isinstance(here.loop_of(only(here.calls_named("three"))), ast.ListComp)
    assert here.loop_of(only(here.calls_named("four"))) is None
    assert get.reads("each")


def test_upwards() -> None:
    here = module("""
        async def f():
            async with lock, other:
                try:
                    pass
                except ValueError:
                    await g()
        """)
    call = only(here.calls_named("g"))
    assert here.is_awaited(call)
    assert here.nearest(call, ast.ExceptHandler) is not None
    assert len(here.withs_of(call)) == 1
    assert isinstance(here.statement_of(call), ast.Expr)
    assert isinstance(here.parent(call), ast.Await)
    assert here.withs_of(here.functions[1].withs[0].items[0].context_expr) == []


HANDLERS = """
    from aiohttp import web
    from fastapi import APIRouter, Depends, Request, WebSocket
    from litestar import get
    from starlette.endpoints import HTTPEndpoint
    import tornado.web

    @router.get("/x")
    async def yes_decorated(): ...
    @router.post("")
    async def yes_empty_path(): ...
    @get("/x")
    async def yes_litestar(): ...
    @app.middleware("http")
    async def yes_middleware(request, call_next): ...
    async def yes_annotated(request: web.Request): ...
    async def yes_quoted(r: "Request"): ...
    async def yes_registered(r): ...
    async def yes_wrapped(r): ...
    async def yes_dependency(): ...
    app.router.add_get("/r", yes_registered)
    app.add_routes([web.post("/w", yes_wrapped)])
    def other(x=Depends(yes_dependency)): ...
    class Page(HTTPEndpoint):
        async def get(self, request):
            def no_inner(): ...
        async def no_helper(self): ...
    class Old(tornado.web.RequestHandler):
        async def post(self): ...
    class Greeter(pb.GreeterServicer):
        async def SayHello(self, request, context): ...
        async def _no_private(self, request, context): ...
    class Middleware:
        async def __call__(self, scope, receive, send): ...
    @router.websocket("/ws")
    async def socket_decorated(ws): ...
    async def socket_annotated(ws: WebSocket): ...
    @cache.get(key)
    async def no_cache(): ...
    @app.task
    async def no_task(): ...
    async def no_plain(request): ...
    cache.get("key", no_plain)
    async def on_message(message): ...
    """


def test_who_serves_requests() -> None:
    here = module(HANDLERS)
    kinds = {
        function.short_name: found.kind
        for function in here.functions
        if (found := here.folder.handler_of(function)) is not None
    }
    assert {name for name, kind in kinds.items() if name.startswith("no")} == set()
    wanted = {each.short_name for each in here.functions if each.short_name.startswith("yes")}
    assert wanted | {"get", "post", "SayHello", "__call__"} == {
        name for name, kind in kinds.items() if kind != "websocket"
    }
    assert {name for name, kind in kinds.items() if kind == "websocket"} == {
        "socket_decorated",
        "socket_annotated",
    }
    assert kinds["SayHello"] == "grpc"
    assert kinds["yes_middleware"] == kinds["__call__"] == "middleware"
    inner = next(each for each in here.functions if each.short_name == "no_inner")
    assert here.folder.request_of(inner) is not None


def test_handlers_of_tornado_have_any_base_that_is_called_so() -> None:
    text = "class A(BaseHandler):\n    async def get(self, key): ...\n"
    for head, wanted in (("from tornado import web\n", ["A.get"]), ("", [])):
        here = module(head + text)
        assert names([each for each in here.functions if here.folder.handler_of(each)]) == wanted


def test_views_of_django_are_told_by_their_file() -> None:
    found = folder(
        views="async def index(request): ...\nasync def _helper(request): ...\nasync def o(x): ...",
        other="async def index(request): ...",
    )
    assert names([each for each in found.functions() if found.handler_of(each)]) == ["index"]


def test_a_handler_may_be_registered_in_another_module() -> None:
    found = folder(
        views="async def index(r): ...",
        main="from . import views\napp.add_api_route('/', views.index)",
    )
    assert names([each for each in found.functions() if found.handler_of(each)]) == ["index"]


def test_helpers_of_the_same_folder_are_found() -> None:
    found = folder(
        main="""
            from .helpers import load as fetch
            from shop.helpers import load as by_package
            from elsewhere.helpers import load as foreign
            from . import helpers
            import time

            def plain(): ...
            class Store:
                def keep(self): ...
                async def run(self):
                    fetch(); helpers.load(); by_package()
                    plain(); self.keep(); Store.keep(self)
                    foreign(); self.gone(); other.keep(); missing(); time.sleep(1); x[0]()
            """,
        helpers="import time\ndef load():\n    time.sleep(1)",
    )
    here = found.modules[0]
    run = next(each for each in here.functions if each.short_name == "run")
    helpers = [found.helper(here, call) for call in run.calls]
    assert [each.short_name if each else None for each in helpers] == [
        *["load"] * 3,
        *["plain", "keep", "keep"],
        *[None] * 6,
    ]
    loader = helpers[0]
    assert loader is not None
    assert loader.module.name == "helpers"
    assert found.blocks(loader) is not None
    assert found.blocks(run) is not None


def test_a_method_is_found_where_only_one_class_makes_what_has_the_name() -> None:
    found = folder(
        main="""
            from .store import Store, shared

            STORE = Store()

            class Shop:
                def __init__(self, both):
                    self.store = Store()
                    self.both = both or Store()
                    self.either = Store()
                    self.either = Other()

                def run(self, given: Store, unknown):
                    self.store.keep(); app.state.store.keep(); STORE.keep(); given.keep()
                    local = Store()
                    local.keep(); shared.keep(); self.both.keep()
                    unknown.keep(); self.either.keep(); self.gone.keep(); self.store.gone()
            """,
        store="class Store:\n    def keep(self): ...\n\nshared = Store()\n",
    )
    run = next(each for each in found.functions() if each.short_name == "run")
    keeps = [
        found.helper(run.module, call) for call in run.calls if call.func.__class__ is ast.Attribute
    ]
    assert [each.name if each else None for each in keeps] == ["Store.keep"] * 7 + [None] * 4


def test_what_starts_tasks_and_threads() -> None:
    here = module("""
        import asyncio, threading
        async def f(self, hass, tg):
            loop = asyncio.get_running_loop()
            asyncio.create_task(a()); loop.create_task(b()); self.loop.create_task(c())
            threading.Thread(target=d).start(); asyncio.ensure_future(coro_or_future=e())
            asyncio.get_event_loop().create_task(h())
            hass.create_task(no()); tg.create_task(no())
            async with asyncio.TaskGroup() as loop2:
                loop2.create_task(no())
        """)
    runs = [ast.unparse(each.runs) for each in here.spawns if each.runs is not None]
    assert runs == ["a()", "b()", "c()", "d", "e()", "h()"]
    assert here.functions[1].spawns == here.spawns
    assert here.top.spawns == []


def test_trees_are_freed_without_the_collector() -> None:
    collects = gc.isenabled()
    gc.disable()
    try:
        here = folder(main=HANDLERS)
        for function in here.functions():
            here.handler_of(function)
            here.blocks(function)
            assert function.module.spawns is not None
        gone = weakref.ref(here.modules[0])
        del here, function
        assert gone() is None
    finally:
        if collects:
            gc.enable()


_PIECES = st.sampled_from(
    [
        "async def f(x=g()):\n  await h(x)\n",
        "class A:\n  def m(self):\n    self.x = k()\n",
        "x = [f(y) for y in z() if (lambda q: w(q))(y)]\n",
        "with a() as b, c():\n  d(b)\n",
        "match x:\n  case {'a': 1, **r}: f(r)\n  case A(b=[1, *c]): g(c)\n",
        "try:\n  f()\nexcept* E as e:\n  g(e)\n",
        "print(f'{f(x)!r:>{g()}}')\n",
        "global x\n",
        "for x in f():\n  break\nelse:\n  g()\n",
        "@d(1)\ndef f(a, /, b=g(), *c, d=h(), **e): ...\n",
    ]
)


@given(st.lists(_PIECES, max_size=6))
def test_every_call_is_seen_once_and_stands_in_its_parents(pieces: list[str]) -> None:
    here = module("".join(pieces))
    _KEPT.clear()
    seen = [call for function in here.functions for call in function.calls]
    all_calls = [node for node in ast.walk(here.tree) if isinstance(node, ast.Call)]
    assert len(seen) == len({*seen}) == len(all_calls)
    for function in here.functions:
        for call in function.calls:
            assert here.function_of(call) is function
    for node in here.parents:
        above = here.parents[node]
        assert node in [*ast.iter_child_nodes(above)]
