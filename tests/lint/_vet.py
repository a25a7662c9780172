"""What fixes of Go make: nothing is found in it any more, and ``go vet`` finds nothing either."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

from _go import go as run_go
from lint._wanted import applied, go_findings


def fixed(
    rule_id: str, code: str, *, go: tuple[int, int] = (1, 27), safe: bool = False, left: int = 0
) -> str:
    """Return a program of Go after all that the rule offers to do.

    Args:
        rule_id: the rule.
        code: one file.
        go: the release that it is written for.
        safe: what each of the fixes must say of itself.
        left: how many findings have no fix.
    """
    text = dedent(code).lstrip("\n")
    found = go_findings(rule_id, {"p/main.go": text}, go=go)
    fixes = [each.fix for each in found if each.fix is not None]
    assert fixes, "it offers no fix"
    assert all(each.safe is safe for each in fixes)
    after = applied(text, fixes)
    assert len(go_findings(rule_id, {"p/main.go": after}, go=go)) == left, after
    return after


def vet(folder: Path, programs: Sequence[str], *, go: tuple[int, int] = (1, 27)) -> None:
    """Have ``go vet`` look at programs that need no package but those of Go."""
    (folder / "go.mod").write_text(f"module p\n\ngo {go[0]}.{go[1]}\n")
    for number, text in enumerate(programs):
        (folder / f"p{number}").mkdir()
        (folder / f"p{number}" / "main.go").write_text(text)
    run_go("vet", "./...", cwd=folder)
