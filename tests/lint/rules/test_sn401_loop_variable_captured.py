"""A loop variable in a goroutine is reported before Go 1.22, and copied; never later."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go, go_findings

OLD = (1, 21)
HEAD = """
package p

import (
    "sync"

    "golang.org/x/sync/errgroup"
)
"""


def function(code: str, version: tuple[int, int] = OLD) -> None:
    """Hold a function of the statements ``code``."""
    go("SN401", go_function(HEAD, "f(names []string)", code), go=version)


CAPTURED = [
    "for _, name := range names {\n go func() {\n use(name) // want\n }()\n }",
    "for i := range names {\n go func() {\n use(names[i]) // want\n }()\n }",
    "for i := 0; i < 3; i++ {\n go func() {\n use(i) // want\n }()\n }",
    "for i, name := range names {\n go func() {\n use(i, name) // want\n }()\n }",
    (
        "var g errgroup.Group\n for _, name := range names {\n g.Go(func() error {\n"
        " return use(name) // want\n })\n }\n g.Wait()"
    ),
    (
        "var wg sync.WaitGroup\n for _, name := range names {\n wg.Add(1)\n go func() {\n"
        " defer wg.Done()\n use(name) // want\n }()\n }\n wg.Wait()"
    ),
    "for _, name := range names {\n for range 3 {\n go func() {\n use(name) // want\n }()\n }\n }",
    "for _, name := range names {\n go func() {\n func() {\n use(name) // want\n }()\n }()\n }",
]


@pytest.mark.parametrize("code", CAPTURED)
def test_a_variable_of_all_turns_is_reported(code: str) -> None:
    function(code)


@pytest.mark.parametrize("code", CAPTURED)
def test_it_is_not_from_go_1_22_on(code: str) -> None:
    files = {"p/a.go": go_function(HEAD, "f(names []string)", code)}
    assert go_findings("SN401", files, go=(1, 22)) == []
    assert go_findings("SN401", files, go=None) == []
    assert go_findings("SN401", files, go=OLD) != []


@pytest.mark.parametrize(
    "code",
    [
        # Wrong claim 5: arguments are evaluated at the statement.
        "for _, name := range names {\n go use(name)\n }",
        "for _, name := range names {\n go func(name string) {\n use(name)\n }(name)\n }",
        "for _, name := range names {\n name := name\n go func() {\n use(name)\n }()\n }",
        "for _, name := range names {\n it := name\n go func() {\n use(it)\n }()\n }",
        "for _, name := range names {\n func() {\n use(name)\n }()\n }",
        (
            "for _, name := range names {\n done := make(chan bool)\n go func() {\n use(name)\n"
            " close(done)\n }()\n <-done\n }"
        ),
        "for _, name := range names {\n go func() {\n use(name)\n }()\n return\n }",
        "var name string\n for range names {\n go func() {\n use(name)\n }()\n }",
        "for _, name := range names {\n use(name)\n }\n go func() {\n use(names)\n }()",
    ],
)
def test_what_has_its_own_or_is_waited_for_is_not(code: str) -> None:
    function(code)


def test_there_is_no_fix_for_who_changes_it() -> None:
    code = "for i := 0; i < 3; {\n go func() {\n i++\n }()\n }"
    (found,) = go_findings("SN401", {"p/a.go": go_function(HEAD, "f()", code)}, go=OLD)
    assert found.fix is None


@pytest.mark.house
def test_the_fix_copies_it_and_nothing_is_left_to_find(tmp_path: Path) -> None:
    programs = [
        """
        package p

        import "sync"

        func F(names []string, use func(int, string)) {
            var wg sync.WaitGroup
            for i, name := range names {
                wg.Add(1)
                go func() {
                    defer wg.Done()
                    use(i, name)
                }()
            }
            wg.Wait()
        }
        """,
        """
        package p

        func F(names []string, use func(string)) {
            for _, name := range names {
                if name != "" {
                    go func() { use(name) }()
                }
                switch {
                case name == "":
                    go func() { use(name) }()
                }
            }
        }
        """,
    ]
    after = [fixed("SN401", each, go=OLD, safe=True) for each in programs]
    assert "\n        i := i\n        name := name\n        go func() {\n" in after[0]
    assert "\n            name := name\n            go func() { use(name) }()\n" in after[1]
    vet(tmp_path, after, go=OLD)
