"""Code whose lines say which of them a rule must report, and no other.

A line with ``# want`` (in Go ``// want``) must be reported, one with ``# want advice`` in the tier
that is told only if it is asked for; and no line without. Several files of one folder are given by
their names: ``python("SN207", {"api.py": "...", "helpers.py": "..."})``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import dedent
from typing import NamedTuple

from snowshed.lint import Finding, Fix, Rule, Tier, rules
from snowshed.lint import _edits as edits
from snowshed.lint import _python as python_model
from snowshed.lint._source import Source

_MARK = re.compile(r"(?:#|//)\s*want(?: (advice))?\b")


class Reported(NamedTuple):
    path: str
    line: int
    tier: str


def python(
    rule_id: str, code: str | Mapping[str, str], *, folder: str = "app", is_test: bool = False
) -> list[Finding]:
    """Look at the code of one folder with one rule; hold it to the marks; return the findings."""
    files = _files(code, folder, "main.py")
    found = python_findings(rule_id, files, is_test=is_test)
    _check(found, files)
    _mend(rule_id, files, lambda now: python_findings(rule_id, now, is_test=is_test))
    return found


def python_findings(
    rule_id: str, files: Mapping[str, str], *, is_test: bool = False
) -> list[Finding]:
    """Return what one rule finds in files that parse."""
    sources = [Source(path, text.encode(), is_test=is_test) for path, text in files.items()]
    model = python_model.read(sources)
    assert not model.problems
    looks = rules()[rule_id].in_python
    assert looks is not None, f"{rule_id} does not look at Python"
    return _as_said(rules()[rule_id], [*looks(model)])


def go(
    rule_id: str,
    code: str | Mapping[str, str],
    *,
    go: tuple[int, int] | None = (1, 27),
    is_test: bool = False,
) -> list[Finding]:
    """Look at the code of one package with one rule; hold it to the marks; return the findings."""
    files = _files(code, "app", "main.go")
    found = go_findings(rule_id, files, go=go, is_test=is_test)
    _check(found, files)
    _mend(rule_id, files, lambda now: go_findings(rule_id, now, go=go, is_test=is_test))
    return found


def go_findings(
    rule_id: str,
    files: Mapping[str, str],
    *,
    go: tuple[int, int] | None = (1, 27),
    is_test: bool = False,
) -> list[Finding]:
    """Return what one rule finds in files that parse."""
    from snowshed.lint import _go as go_model

    sources = [
        Source(path, text.encode(), is_test=is_test or path.endswith("_test.go"))
        for path, text in files.items()
    ]
    packages = go_model.read(sources, go=go)
    assert not any(package.problems for package in packages)
    looks = rules()[rule_id].in_go
    assert looks is not None, f"{rule_id} does not look at Go"
    return _as_said(rules()[rule_id], [each for package in packages for each in looks(package)])


def _as_said(rule: Rule, found: list[Finding]) -> list[Finding]:
    """Hold findings to what their rule says of all of them, and return them."""
    for each in found:
        assert each.tier is rule.tier or rule.asked, "it says that all are told alike"
        assert each.fix is None or rule.fixes, "it says that it has no fix"
        assert each.fix is None or not each.fix.safe or rule.safe_fixes, "it says that none is safe"
    return found


def mended(rule_id: str, code: str, *, safe: bool = False) -> str:
    """Return Python code after what the rule offers to do: it compiles, and nothing is found."""
    files = _files(code, "app", "main.py")
    ((path, text),) = files.items()
    found = python_findings(rule_id, files)
    fixes = [finding.fix for finding in found if finding.fix is not None]
    assert fixes, "it offers no fix"
    assert all(fix.safe is safe for fix in fixes)
    after = applied(text, fixes)
    compile(after, path, "exec")
    assert python_findings(rule_id, {path: after}) == []
    return after


def applied(text: str, fixes: Sequence[Fix]) -> str:
    """Return ``text`` after ``fixes``, none of which overlap. The same edit is done once."""
    content = text.encode()
    changes = {(edit.start, edit.end, edit.text) for fix in fixes for edit in fix.edits}
    for start, end, new in sorted(changes, reverse=True):
        content = content[:start] + new.encode() + content[end:]
    return content.decode()


def _files(code: str | Mapping[str, str], folder: str, name: str) -> dict[str, str]:
    given = {name: code} if isinstance(code, str) else code
    return {f"{folder}/{name}": dedent(text).lstrip("\n") for name, text in given.items()}


def _wanted(files: Mapping[str, str]) -> Iterator[Reported]:
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), start=1):
            mark = _MARK.search(line)
            if mark:
                yield Reported(path, number, mark.group(1) or "default")


def _check(found: Sequence[Finding], files: Mapping[str, str]) -> None:
    reported = sorted(Reported(each.path, each.span.line, each.tier.value) for each in found)
    said = "\n".join(f"{each.path}:{each.span.line} {each.message}" for each in found)
    assert reported == sorted(_wanted(files)), said
    for each in found:
        assert each.message, "it says something"
        assert "\n" not in each.message
        assert not each.message.endswith(".")
        assert not each.message[0].isupper() or not each.message[1:2].islower()
        assert each.tier in Tier
        assert 0 < each.confidence <= 1
        for place in each.related:
            assert place.path in files
            assert place.message


def _mend(
    rule_id: str, files: Mapping[str, str], find: Callable[[Mapping[str, str]], list[Finding]]
) -> None:
    """Hold each fix to what it is for: the code parses with it, and what is found is gone."""
    now, rounds = dict(files), 3
    while fixed := [each for each in find(now) if each.fix is not None]:
        assert rules()[rule_id].fixes, "it says that it has no fix"
        assert rounds, f"there is one more fix each time: {now}"
        rounds -= 1
        for path in {each.path for each in fixed}:
            content = now[path].encode()
            fixes = [each.fix for each in fixed if each.path == path and each.fix is not None]
            after = edits.applied(content, edits.together(fixes, len(content)))
            assert not edits.breaks(path, content, after), after.decode()
            now[path] = after.decode()


def blocks(docstring: str, heading: str, language: str) -> list[str]:
    """Return the blocks of code under a heading of what a rule says of itself."""
    _, _, rest = f"\n{docstring}".partition(f"\n## {heading}\n")
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
