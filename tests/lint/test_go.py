"""From bytes to packages, functions and their names."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from _go import go
from lint._go_code import function, package
from snowshed.lint._go import Kind, callee, flow_of, matters, read, type_of
from snowshed.lint._go._nodes import Call, walk
from snowshed.lint._source import Source


def test_the_files_of_a_directory_are_parted_by_their_clauses() -> None:
    sources = [
        Source("a.go", b"package p\nfunc a() {}\n"),
        Source("b_test.go", b"package p_test\nfunc b() {}\n"),
        Source("c.go", b"// comment\n\npackage p\nfunc c() {}\n"),
    ]
    found = {each.name: [f.name for f in each.functions] for each in read(sources)}
    assert found == {"p": ["a", "c"], "p_test": ["b"]}


def test_what_a_file_imports_has_a_name_of_its_own_or_the_last_of_its_path() -> None:
    code = 'package p\nimport "net/http"\nimport (\n\t"a.b/go-redis/v9"\n\tlog "x/zap"\n)\n'
    (file,) = package(code).files
    assert file.imports == {"http": "net/http", "redis": "a.b/go-redis/v9", "log": "x/zap"}
    assert file.is_package("http", "net/http")
    assert not file.is_package("log", "log")


def test_a_function_that_is_broken_is_named_and_the_others_are_read() -> None:
    found = package("func a() { x( }\n\nfunc b() {}\n\nfunc (s *S) c() { if { }\n")
    assert [each.name for each in found.functions] == ["b"]
    assert next((each.line, each.message) for each in found.problems) == (
        2,
        "not valid Go: function a is left out",
    )


def test_new_of_a_value_is_read_as_a_call() -> None:
    """Go has it from 1.26 on, and the grammar does not know it."""
    found = package(
        'var key = new("key")\nfunc f() *int { p := new(3 + 4); _ = new([]int); return p }'
    )
    assert found.problems == []
    assert [each.name for each in found.functions] == ["f"]


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 5000 + "1" + ")" * 5000,
        " + ".join(["1"] * 5000),
        "func() { <-ch; x := " * 400 + "1" + " }" * 400,
    ],
)
def test_a_function_that_is_nested_too_deeply_is_named_and_the_others_are_read(deep: str) -> None:
    found = package(f"func deep() {{ <-ch; x := {deep} }}\nfunc b() {{ go c() }}")
    assert [each.name for each in found.interesting if each.name] == ["deep", "b"]
    assert [(each.line, each.message) for each in found.problems] == [
        (2, "function deep is nested too deeply and left out")
    ]
    assert found.functions[0].literals == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_written_is_read(seed: int) -> None:
    """A part of a file is lost, doubled or moved, as while somebody types."""
    chance = random.Random(seed)
    content = PROGRAM.encode() * 3 + STRANGE.encode()
    for _ in range(20):
        start = chance.randrange(len(content))
        end = start + chance.randrange(40)
        put = content[:start] + content[start:end] * chance.choice([0, 2])
        content = put + chance.choice([b"", b"{", b"}", b"(", b"\xff", b'"', b"`"]) + content[end:]
        for found in read([Source("a.go", content)]):
            for part in (each for named in found.functions for each in named.family()):
                flow = flow_of(part)
                for node in walk(part.body):
                    assert node is part.body or flow.point_of(node) is not None
                    assert node.function is part
                for call in part.all(Call):
                    callee(call)
                    type_of(call)


def test_what_a_package_declares_is_known_by_name() -> None:
    found = package(
        """
        type S struct {
            sync.RWMutex
            *Base[int]
            a, b chan int
        }
        type done chan struct{}
        type (
            I interface { Close() error }
        )
        var mu, other sync.Mutex
        var (
            ch = make(chan int, 3)
        )
        """
    )
    assert found.structs["S"].fields == {
        "RWMutex": "sync.RWMutex",
        "Base": "*Base[int]",
        "a": "chan int",
        "b": "chan int",
    }
    assert found.structs["S"].embedded == ("RWMutex", "Base")
    assert found.types == {"done": "chan struct{}", "I": "interface { Close() error }"}
    assert {name: each.type_ for name, each in found.variables.items()} == {
        "mu": "sync.Mutex",
        "other": "sync.Mutex",
        "ch": "",
    }
    assert found.variables["ch"].value is not None


def test_a_method_is_found_by_its_type_and_through_embedded_fields() -> None:
    found = package(
        """
        type base struct{}
        func (b *base) stop() {}
        type server struct { *base }
        type other struct{}
        func (other) stop() {}
        """
    )
    through = found.method("server", "stop")
    assert through is not None
    assert through.receiver_type == "base"
    own = found.method("other", "stop")
    assert own is not None
    assert not own.has_pointer_receiver
    assert found.method("server", "start") is None


def test_what_a_function_takes_and_gives() -> None:
    found = function("func (s *S) f(a, b int, _ string, rest ...*T) (n int, err error) { return }")
    assert [(each.name, each.type_) for each in found.parameters] == [
        ("a", "int"),
        ("b", "int"),
        ("_", "string"),
        ("rest", "[]*T"),
    ]
    assert found.results == ["int", "error"]
    assert found.receiver is not None
    assert found.receiver.kind is Kind.RECEIVER
    assert function("func f(int, chan error) <-chan int").results == ["<-chan int"]


def test_a_function_without_a_body_does_nothing() -> None:
    assert function("func f(x int)").body.statements == []


def test_literals_in_the_values_of_variables_of_a_package_are_functions_of_it() -> None:
    found = package('var f = func() { go g() }\nvar m = map[string]func(){"a": func() { <-ch }}')
    assert len(found.interesting) == 2


def test_only_functions_that_may_matter_are_interesting_and_literals_with_them() -> None:
    found = package(
        "func a() { x := 1; _ = x }\n"
        "func b() { go func() { func() {}() }() }\n"
        "func c() { mu.Lock() }"
    )
    assert [each.display for each in found.interesting] == ["b", "b.func1", "b.func1.1", "c"]


@pytest.mark.parametrize(
    "code",
    [
        "go f()",
        "go func() {}()",
        "go s.f()",
        "x := <-ch",
        "ch <- 1",
        "select {}",
        "s.mu.Lock()",
        "s.mu.RUnlock()",
        "wg.Wait()",
        "ctx, cancel := context.WithCancel(ctx)",
        'import "net/http"\nhttp.Get(url)',
        'import "net/http"\nclient.Do(req)',
        'import "database/sql"\ndb.Query(q)',
        "time.NewTicker(d)",
        "type S struct { ch chan int }",
        "type S struct { mu sync.Mutex }",
    ],
)
def test_a_file_with_anything_of_it_matters(code: str) -> None:
    assert matters(code.encode())


@pytest.mark.parametrize(
    "code",
    ["package p", "func f() { return goes(x) }", "a <= -b", "x < -1", "m.Get(x)", "u.Query()"],
)
def test_a_file_with_nothing_of_it_does_not_matter(code: str) -> None:
    assert not matters(code.encode())


def test_a_loop_over_a_channel_of_a_field_or_a_variable_matters() -> None:
    found = package(
        "type S struct { jobs chan int; list []int }\ntype done chan bool\nvar end done\n"
        "func (s *S) a() { for range s.jobs { } }\n"
        "func (s *S) b() { for range s.list { } }\n"
        "func c() { for x := range end { } }\n"
    )
    assert [each.name for each in found.interesting] == ["a", "c"]


STRANGE = """
func strange(a ...chan int) (b <-chan error, c func(d int) error) {
L:	for i, j := range [...]int{1: 2, 3} { switch x := y.(type) { case chan<- int, nil: break L } }
	select { case a[0] <- <-b: case v, ok := <-c(1): default: goto L }
	var f, g = func() { defer func() { recover() }() }, map[string]struct{ x int }{"a": {1}}
	go f(); if x := <-b; x != nil { return } else if y { x++ } else { m[k](1) }
	x, y = generic[int, string](1), s[1:2:3]; p := new(3 + 4); *p <<= 1
	const z = iota; type t = []int; { ; }
}
"""

PROGRAM = """package main

import (
	"fmt"
	"runtime"
)

type server struct{}

func here() {
	pc, _, _, _ := runtime.Caller(1)
	fmt.Println(runtime.FuncForPC(pc).Name())
}

func (s *server) handle() {
	func() { here() }()
	f := func() {
		here()
		func() { here() }()
	}
	f()
}

func (s server) value() { here() }

func main() {
	s := &server{}
	s.handle()
	s.value()
	func() { func() { func() { here() }() }() }()
}
"""


@pytest.mark.house
@pytest.mark.slow
def test_a_function_is_called_what_a_dump_of_go_calls_it(tmp_path: Path) -> None:
    """Without inlining, which gives literals the names of where they are put."""
    (tmp_path / "main.go").write_text(PROGRAM)
    called = [
        line.removeprefix("main.")
        for line in go("run", "-gcflags=-l", "main.go", cwd=tmp_path).split()
    ]
    functions = [part for each in package(PROGRAM).functions for part in each.family()]
    calls_here = [each for each in functions if any(c.path == "here" for c in each.all(Call))]
    assert sorted(called) == sorted(each.display for each in calls_here)
