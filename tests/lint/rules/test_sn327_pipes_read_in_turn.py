"""Two pipes of a command that one goroutine reads, one to its end and then the other."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN327"
RUN = """
package p

import (
    "bufio"
    "io"
    "os/exec"
)

func run(cmd, other *exec.Cmd, w io.Writer, hand func(io.Reader)) error {{
    stdout, err := cmd.StdoutPipe()
    if err != nil {{
        return err
    }}
    stderr, err := {command}.StderrPipe()
    if err != nil {{
        return err
    }}
    {reads}
    return cmd.Wait()
}}
"""
TOLD = {
    "all of both": "io.ReadAll(stdout) // want\n    io.ReadAll(stderr)",
    "a copy": "io.Copy(w, stdout) // want\n    io.Copy(w, stderr)",
    "the errors before": "io.Copy(w, stderr) // want\n    io.Copy(w, stdout)",
    "in a goroutine": """go func() {
        io.Copy(w, stdout) // want
        io.ReadAll(stderr)
    }()""",
    "line by line": """lines := bufio.NewScanner(stdout)
    for lines.Scan() { // want
        println(lines.Text())
    }
    io.ReadAll(stderr)""",
}
QUIET = {
    "a goroutine for one": "go io.Copy(w, stderr)\n    io.Copy(w, stdout)",
    "a literal for one": "go func() { io.Copy(w, stderr) }()\n    io.Copy(w, stdout)",
    "handed on": "hand(stderr)\n    io.Copy(w, stdout)\n    io.Copy(w, stderr)",
    "only one": "io.Copy(w, stdout)",
    "one or the other": "if w != nil { io.Copy(w, stdout) } else { io.Copy(w, stderr) }",
    "lines up to one": """lines := bufio.NewScanner(stdout)
    for lines.Scan() {
        if lines.Text() == "ready" {
            break
        }
    }
    io.ReadAll(stderr)""",
    "lines, or an end": """lines := bufio.NewScanner(stdout)
    for lines.Scan() {
        if lines.Text() == "" {
            return nil
        }
    }
    io.ReadAll(stderr)""",
    "a part of it": "io.CopyN(w, stdout, 10)\n    io.Copy(w, stderr)",
}


@pytest.mark.parametrize("reads", TOLD.values(), ids=TOLD.keys())
def test_one_after_the_other(reads: str) -> None:
    go(RULE, RUN.format(command="cmd", reads=reads))


@pytest.mark.parametrize("reads", QUIET.values(), ids=QUIET.keys())
def test_both_at_once_or_one_of_them(reads: str) -> None:
    go(RULE, RUN.format(command="cmd", reads=reads))


def test_a_loop_over_commands_has_new_pipes_in_each_turn() -> None:
    code = """
    package p

    import (
        "io"
        "os/exec"
    )

    func all(commands []*exec.Cmd, w io.Writer) {
        for _, cmd := range commands {
            stdout, _ := cmd.StdoutPipe()
            stderr, _ := cmd.StderrPipe()
            io.Copy(w, stderr) // want
            io.Copy(w, stdout)
        }
    }
    """
    go(RULE, code)


def test_a_command_is_told_of_once() -> None:
    reads = "for {\n io.Copy(w, stdout) // want\n io.Copy(w, stderr)\n }"
    go(RULE, RUN.format(command="cmd", reads=reads))


def test_pipes_of_two_commands() -> None:
    go(RULE, RUN.format(command="other", reads="io.Copy(w, stdout)\n    io.Copy(w, stderr)"))
