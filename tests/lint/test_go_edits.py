"""Changes that fixes are made of leave the rest of a file as it is."""

from __future__ import annotations

import pytest

from lint._go_code import package
from lint._wanted import applied
from snowshed.lint import Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._edits import (
    free_name,
    indent_of,
    line_after,
    line_before,
    line_of,
    lines_before,
    with_import,
    without_line,
)


def imported(code: str, path: str = "time") -> str | None:
    """Return ``code`` with ``path`` imported, or None if that is not done."""
    function = package(f"{code}func inside() {{}}\n").functions[-1]
    done = with_import(function, path)
    return None if done is None else applied(code, [Fix("", done[1])])


def test_what_is_imported_is_imported_no_second_time() -> None:
    code = 'package p\nimport t "time"\nfunc f() {}\n'
    assert with_import(package(code).functions[0], "time") == ("t", ())


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ('package p\nimport "fmt"\n', 'package p\nimport "fmt"\nimport "time"\n'),
        ('package p\nimport f "fmt"\n', 'package p\nimport f "fmt"\nimport "time"\n'),
        ('package p\nimport (\n\t"fmt"\n)\n', 'package p\nimport (\n\t"fmt"\n\t"time"\n)\n'),
        (
            'package p\nimport (\n\t"fmt"\n\t"unsafe"\n\n\t"x.y/z"\n)\n',
            'package p\nimport (\n\t"fmt"\n\t"time"\n\t"unsafe"\n\n\t"x.y/z"\n)\n',
        ),
        (
            'package p\r\nimport (\r\n\t"fmt"\r\n)\r\n',
            'package p\r\nimport (\r\n\t"fmt"\r\n\t"time"\r\n)\r\n',
        ),
        ('package p\r\nimport "fmt"\r\n', 'package p\r\nimport "fmt"\r\nimport "time"\r\n'),
        (
            'package p\nimport (\n\t_ "embed"\n\tweb "net/http" // it\n\n\t"x.y/z"\n)\n',
            'package p\nimport (\n\t_ "embed"\n\tweb "net/http" // it\n\t"time"\n\n\t"x.y/z"\n)\n',
        ),
        (
            'package p\nimport (\n\t"fmt"\n\t// Of ours.\n\t"os"\n)\n',
            'package p\nimport (\n\t"fmt"\n\t"time"\n\t// Of ours.\n\t"os"\n)\n',
        ),
        ('package p\nimport ( // these\n\t"fmt"\n)\n', None),
        ("package p\n", None),
        ('package p\nimport _ "time"\n', None),
        ('package p\nimport . "time"\n', None),
        # The name is another's.
        ('package p\nimport "example.com/time"\n', None),
        ('package p\nimport "fmt"\nvar time = 1\n', None),
        ('package p\nimport "fmt"\nconst time = 1\n', None),
        ('package p\nimport "fmt"\ntype time int\n', None),
        ('package p\nimport "fmt"\nfunc time() {}\n', None),
        (
            'package p\nimport "fmt"\nfunc (s S) time() {}\n',
            'package p\nimport "fmt"\nimport "time"\nfunc (s S) time() {}\n',
        ),
    ],
)
def test_an_import_is_put_where_the_others_are(code: str, after: str | None) -> None:
    assert imported(code) == after


@pytest.mark.parametrize(
    ("code", "is_free"),
    [
        ("func f(time int) { WITHIN }", False),
        ("func (time S) f() { WITHIN }", False),
        ("func f() (time int) { WITHIN; return }", False),
        ("func f() { for time := range 3 { use(time); WITHIN } }", False),
        ("func f() { const time = 3; WITHIN }", False),
        ("func f() { type time int; WITHIN }", False),
        ("func f(time int) { func() { WITHIN }() }", False),
        ("func f() { func(time int) { use(time) }(1); WITHIN }", True),
        ("func f(times int) { use(x.time); WITHIN }", True),
        ("func f() { WITHIN }\nfunc g(time int) {}", True),
    ],
)
@pytest.mark.parametrize("imports", ['import "fmt"', 'import (\n"fmt"\n"time"\n)'])
def test_a_name_that_is_hidden_is_none(imports: str, code: str, is_free: bool) -> None:
    found = package(f"package p\n{imports}\n{code.replace('WITHIN', 'within()')}\n")
    (call,) = (
        each
        for function in found.functions
        for part in function.family()
        for each in part.all(n.Call)
        if each.path == "within"
    )
    assert (with_import(call.function, "time") is not None) is is_free


CODE = "package p\nfunc f() {\n\tif x {\n\t\ta() // one\n\t\tb(); c()\n\t}\n}\n"


def call(name: str, code: str = CODE) -> n.Node:
    """Return the statement that calls ``name``."""
    found = package(code).functions[0]
    return next(
        each
        for each in found.all(n.Expressed)
        if isinstance(each.value, n.Call) and each.value.path == name
    )


def test_a_line_is_put_behind_a_statement_and_its_comment() -> None:
    edit = line_after(call("a"), "d()")
    assert edit is not None
    assert applied(CODE, [Fix("", (edit,))]) == CODE.replace("// one\n", "// one\n\t\td()\n")


def test_a_line_is_put_before_a_statement() -> None:
    edit = line_before(call("a"), "d()")
    assert edit is not None
    assert applied(CODE, [Fix("", (edit,))]) == CODE.replace("a() ", "d()\n\t\ta() ")
    assert indent_of(call("a")) == "\t\t"


@pytest.mark.parametrize("code", [CODE, CODE.replace("\n", "\r\n")], ids=["LF", "CRLF"])
def test_lines_end_as_those_of_the_file_do(code: str) -> None:
    ending = "\r\n" if "\r" in code else "\n"
    node = call("a", code)
    for edit in (line_after(node, "d()"), line_before(node, "d()")):
        assert edit is not None
        after = applied(code, [Fix("", (edit,))])
        assert after.count("\n") == after.count(ending) == code.count("\n") + 1
        assert after.count("\r") == (after.count("\n") if "\r" in code else 0)


def test_a_statement_goes_with_its_line() -> None:
    code = CODE.replace(" // one", "")
    edit = without_line(call("a", code))
    assert edit is not None
    assert applied(code, [Fix("", (edit,))]) == code.replace("\t\ta()\n", "")
    assert without_line(call("a")) is None
    assert without_line(call("b")) is None


def test_no_line_is_put_between_statements_of_one_line() -> None:
    assert line_after(call("b"), "d()") is None
    assert line_after(call("c"), "d()") is None
    assert line_before(call("c"), "d()") is None
    assert line_before(call("b"), "d()") is not None


def test_lines_are_put_before_a_statement_with_its_comment_and_label() -> None:
    code = "package p\nfunc f() {\n\t// Why.\n\t// And how.\nagain:\n\tfor {\n\t\ta()\n\t}\n}\n"
    (label,) = package(code).functions[0].all(n.Labeled)
    edit = lines_before(label, "b()", "c()")
    assert edit is not None
    assert applied(code, [Fix("", (edit,))]) == code.replace("\t// Why", "\tb()\n\tc()\n\t// Why")
    edit = lines_before(call("a"), "d()")
    assert edit is not None
    assert applied(CODE, [Fix("", (edit,))]) == CODE.replace("\t\ta()", "\t\td()\n\t\ta()")
    assert lines_before(call("c"), "d()") is None


def test_a_statement_takes_the_comment_behind_it_along() -> None:
    moved = line_of(call("a"))
    assert moved is not None
    assert moved[0] == "a() // one"
    assert applied(CODE, [Fix("", (moved[1],))]) == CODE.replace("\t\ta() // one\n", "")
    assert line_of(call("b")) is None
    assert line_of(call("c")) is None


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [("d", (), "d"), ("a", (), "a2"), ("a", ("a2",), "a3"), ("one", (), "one2")],
)
def test_a_name_is_free_that_stands_nowhere(name: str, taken: tuple[str, ...], free: str) -> None:
    assert free_name(call("a"), name, taken) == free


def test_there_is_an_end_of_names() -> None:
    assert free_name(call("a"), "a", [f"a{number}" for number in range(10)]) == ""
