"""The tree of a function: what is read to what, and what each node knows."""

from __future__ import annotations

import pytest

from lint._go_code import body, function
from snowshed.lint._go import _nodes as n


def kinds(code: str) -> list[str]:
    return [type(each).__name__ for each in body(code).body.statements]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("x()", "Expressed"),
        ("<-ch", "Expressed"),
        ("x := 1", "Assign"),
        ("x += 1", "Assign"),
        ("var x int", "Var"),
        ("const x = 1", "Var"),
        ("x++", "Increment"),
        ("ch <- 1", "Send"),
        ("go f()", "Go"),
        ("defer f()", "Defer"),
        ("return", "Return"),
        ("goto L", "Branch"),
        ("L: x()", "Labeled"),
        ("if x { }", "If"),
        ("for { }", "For"),
        ("for range ch { }", "For"),
        ("switch x { }", "Switch"),
        ("switch x.(type) { }", "Switch"),
        ("select { }", "Select"),
        ("{ }", "Block"),
    ],
)
def test_each_statement_has_its_node(code: str, kind: str) -> None:
    assert kinds(code) == [kind]


def test_a_group_of_variables_is_a_statement_each() -> None:
    assert kinds("var (\n\ta = 1\n\tb, c int\n)") == ["Var", "Var"]


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("ch", "ch"),
        ("s.mu", "s.mu"),
        ("(*s).mu", "s.mu"),
        ("(&s.mu)", "s.mu"),
        ("conns[i].ch", "conns[i].ch"),
        ("c.Done()", "c.Done()"),
        ("f(x).ch", ""),
        ("func() {}", ""),
    ],
)
def test_a_path_names_a_place(code: str, path: str) -> None:
    (stated,) = body(f"_ = {code}").all(n.Assign)
    assert n.path_of(stated.right[0]) == path


def test_each_node_knows_what_it_stands_in_and_its_function() -> None:
    found = function(
        "func f(ch chan int) { for { select { case v := <-ch: go func() { g(v) }() } } }"
    )
    for part in found.family():
        for node in n.walk(part.body):
            assert node.function is part
            assert all(child.parent is node for child in node.children())
    (receive,) = found.all(n.Receive)
    assert [type(each).__name__ for each in n.inside(receive)] == [
        "Assign",
        "Case",
        "Select",
        "Block",
        "For",
        "Block",
    ]
    (call,) = found.literals[0].all(n.Call)
    assert list(n.inside(call))[-1] is found.literals[0].body


def test_a_case_tells_its_channel() -> None:
    (select,) = body(
        "select { case a <- 1: case <-b: case v, ok := <-c: case x = <-d: default: }"
    ).all(n.Select)
    assert [n.path_of(each.channel) for each in select.cases] == ["a", "b", "c", "d", ""]
    assert [each.received is not None for each in select.cases] == [False, True, True, True, False]
    assert select.has_default


@pytest.mark.parametrize(
    ("code", "is_endless"),
    [
        ("for { }", True),
        ("for true { }", True),
        ("for ;; { }", True),
        ("for x { }", False),
        ("for i := 0; i < 3; i++ { }", False),
        ("for range ch { }", False),
        ("for k, v := range m { }", False),
    ],
)
def test_a_loop_is_endless_if_only_its_body_can_end_it(code: str, *, is_endless: bool) -> None:
    (loop,) = body(code).all(n.For)
    assert loop.is_endless is is_endless


def test_a_call_has_its_arguments_also_types_and_those_that_are_spread() -> None:
    made, spread = body("x := make(chan int, 5); f(x, rest...)").all(n.Call)
    assert isinstance(made.arguments[0], n.Type)
    assert (made.path, made.arguments[0].name, made.arguments[1].text) == ("make", "chan int", "5")
    assert (spread.method, spread.spread) == ("f", True)


@pytest.mark.parametrize(
    "code", ["m[k](1)", "generic[int](1)", "s.m[k](1)", "m[k]()", "m[k](1, 2)"]
)
def test_a_call_of_an_element_is_a_call(code: str) -> None:
    """With one argument the grammar takes it for a conversion to a generic type."""
    (call,) = body(f"k, m := 1, 2; {code}").all(n.Call)
    assert isinstance(call.called, n.Index)
    assert call.path == code.partition("(")[0]
    assert len(call.arguments) == code.count("1") + code.count("2")


def test_elements_of_a_literal_have_their_keys() -> None:
    outer, inner = body("x := &T{a: 1, b: []T{{c: 2}, y}}").all(n.Composite)[:2]
    assert (outer.type_, outer.keys) == ("T", ["a", "b"])
    assert (inner.type_, inner.keys) == ("[]T", [None, None])


def names(code: str) -> dict[str, list[str]]:
    """Return for each use of ``x`` which declaration it means, by the line of that."""
    found = function(code)
    used: dict[str, list[str]] = {}
    for part in found.family():
        for name in part.all(n.Name):
            variable = name.variable
            if name.name == "x" and variable is not None and variable.declared is not name:
                declared = "parameter" if variable.declared is None else str(variable.declared.line)
                used.setdefault(str(name.line), []).append(declared)
    return used


def test_a_name_means_the_innermost_declaration_before_it() -> None:
    code = """package p
func f(x int) {
	g(x)
	if x := 1; x > 0 {
		x := 2
		g(x)
	}
	x, y := 3, 4
	for x := range y {
		g(x)
	}
	go func(x int) { g(x) }(x)
	func() { g(x) }()
	switch x := x.(type) {
	case int:
		g(x)
	}
}
"""
    assert names(code) == {
        "3": ["parameter"],
        "4": ["4"],
        "6": ["5"],
        # In the block of the parameters `:=` sets, and declares `y` only.
        "8": ["parameter"],
        "10": ["9"],
        "12": ["parameter", "parameter"],
        "13": ["parameter"],
        "14": ["parameter"],
        "16": ["14"],
    }


def test_what_a_literal_declares_later_is_not_known_before() -> None:
    assert names("package p\nfunc f() {\n\tfunc() { x() }()\n\tx := 1\n\t_ = x\n}") == {"5": ["4"]}


def test_a_variable_knows_its_value_or_whose_result_it_is() -> None:
    found = body("a, b := 1, 2; c, err := g(); var d, e = 3, 4; v, ok := <-ch")
    told = {
        each.name: (
            each.value.text if each.value else "",
            each.source and each.source.text,
            each.place,
        )
        for each in found.variables
    }
    assert told == {
        "a": ("1", None, 0),
        "b": ("2", None, 0),
        "c": ("", "g()", 0),
        "err": ("", "g()", 1),
        "d": ("3", None, 0),
        "e": ("4", None, 0),
        "v": ("", "<-ch", 0),
        "ok": ("", "<-ch", 1),
    }


def test_what_is_called_is_told_from_what_is_handed_on() -> None:
    found = body("f(g); h(); s.a(s.b)")
    called = {each.text for each in n.walk(found.body) if isinstance(each, n.Name | n.Selector)}
    of_calls = {
        each.text
        for each in n.walk(found.body)
        if isinstance(each, n.Name | n.Selector) and n.is_called(each)
    }
    assert called - of_calls == {"g", "s", "s.b"}
    assert of_calls == {"f", "h", "s.a"}


def test_what_a_loop_does_in_each_turn_is_told_from_its_head_and_from_what_follows() -> None:
    found = body("for i := first(); i < last(); i = next(i) { a(); func() { b() }() }; c()")
    (loop,) = found.all(n.For)
    calls = [*found.all(n.Call), *found.literals[0].all(n.Call)]
    assert {each.path for each in calls if n.is_in_turn(each, loop)} == {"a", "", "b"}
    assert not n.is_in_turn(None, loop)


def test_a_key_of_a_literal_that_is_computed_is_a_part_of_it() -> None:
    made = body("ch := make(chan int)\n_ = map[int]bool{<-ch: true, 1: f(2), g(): false}")
    (literal,) = made.all(n.Composite)
    assert literal.keys == ["<-ch", "1", "g()"]
    assert [each.text for each in literal.computed] == ["<-ch", "g()"]
    assert [each.channel.text for each in made.all(n.Receive)] == ["ch"]
    assert [each.text for each in literal.children()] == ["<-ch", "g()", "true", "f(2)", "false"]
