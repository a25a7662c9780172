"""Comments silence what they name, where they stand, and are told when they are of no use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint._fakes import kit
from snowshed.lint import Finding, Span
from snowshed.lint._comments import comments_of_go, comments_of_python
from snowshed.lint._edits import applied, together
from snowshed.lint._files import Language
from snowshed.lint._select import meant
from snowshed.lint._source import Source
from snowshed.lint._suppress import Unused, silenced, silences_in, unused

MEANT = meant(kit().rules())


def judged(
    path: str, content: str, *at: int | tuple[int, int], rule: str = "SN901"
) -> tuple[list[bool], list[Unused]]:
    """Return which findings on lines ``at`` of a file are silenced, and what is unused."""
    language = Language.GO if path.endswith(".go") else Language.PYTHON
    silences = silences_in(Source(path, content.encode()), language, found=bool(at))
    spans = [(each, each) if isinstance(each, int) else each for each in at]
    findings = [Finding(rule, path, Span(first, 1, last, 2), f"{first}") for first, last in spans]
    are, used = silenced(findings, silences, MEANT)
    return [*are.values()], [*unused(used, MEANT)]


def silent(path: str, content: str, *at: int | tuple[int, int], rule: str = "SN901") -> list[bool]:
    return judged(path, content, *at, rule=rule)[0]


@pytest.mark.parametrize(
    "comment",
    [
        *("# snowshed: ignore[SN901] why", "# snowshed:ignore[SN901]", "#snowshed: ignore [sn901]"),
        *("# snowshed: ignore[SN902, SN901]", "# snowshed: ignore[SN902,SN901]"),
        *("# snowshed: ignore[bad-word]", "# snowshed: ignore[channel-cascade]"),
        *("# snowshed: ignore[SN9]", "# snowshed: ignore", "# snowshed: ignore - it is well"),
        *("# snowshed: ignore SN901 why", "# snowshed: ignore SN902, SN901 why"),
        *("# type: ignore  # snowshed: ignore[SN901] why  # noqa: E501", "# snowshed: ignore[]"),
        *(
            "# noqa",
            "# noqa: SN901",
            "# NOQA:E501,SN901",
            "# noqa: SN901 why",
            "#noqa",
            "# noqa : SN9",
        ),
        *("# type: ignore # noqa: E501 SN901",),
    ],
)
def test_comments_of_python_that_silence_it(comment: str) -> None:
    assert silent("a.py", f"x\ny  {comment}\nz\n", 1, 2, 3) == [False, True, False]


@pytest.mark.parametrize(
    "comment",
    [
        *("# snowshed: ignore[SN902]", "# snowshed: ignored[SN901]", "# snowshed: ignore-all"),
        *("# see snowshed: ignore", "# `# snowshed: ignore`", "# snowshed ignore", "# noqa: E501"),
        *("# noqas", "# snowshed: ignore because SN901 is fine", "# noqa: why", "# no qa"),
        "; s = '# snowshed: ignore[SN901]'",
    ],
)
def test_comments_of_python_that_do_not(comment: str) -> None:
    assert silent("a.py", f"y  {comment}\n", 1) == [False]


@pytest.mark.parametrize(
    "comment",
    [
        *(
            "//snowshed:ignore SN901 why",
            "// snowshed: ignore SN901 why",
            "//snowshed:ignore[SN901]",
        ),
        *(
            "//snowshed:ignore SN902,SN901 why",
            "//snowshed:ignore SN902, SN901",
            "//snowshed:ignore",
        ),
        *("//snowshed:ignore SN902 SN901 why", "/* snowshed:ignore SN901 */"),
        *("//snowshed:ignore bad-word why", "//nolint:errcheck // snowshed:ignore SN901"),
        *(
            "//nolint",
            "//nolint:snowshed",
            "//nolint:errcheck,snowshed // why",
            "// nolint: snowshed",
        ),
        *("//nolint:SN901", "//nolint:all"),
    ],
)
@pytest.mark.parametrize("gap", ["", " "])
def test_comments_of_go_that_silence_it(comment: str, gap: str) -> None:
    assert silent("a.go", f"x\ny(){gap}{comment}\nz\n", 1, 2, 3) == [False, True, False]


@pytest.mark.parametrize(
    "comment",
    [
        *("//snowshed:ignore SN902", "//nolint:errcheck", "//nolintlint", "// see //nolint-page"),
        *(
            '+ "//nolint"',
            "+ `//snowshed:ignore SN901`",
            "// snowshed-ignore",
            "/* # snowshed: ignore */",
            "/* // snowshed:ignore */",
            "//nolint:errcheck // x",
        ),
    ],
)
def test_comments_of_go_that_do_not(comment: str) -> None:
    assert silent("a.go", f"y() {comment}\n", 1) == [False]


def test_alone_in_a_line_it_is_for_the_next_that_is_no_comment() -> None:
    python = "# snowshed: ignore[SN901]\n# more words\nx\ny\n"
    assert silent("a.py", python, 3, 4) == [True, False]
    go = "//snowshed:ignore SN901 why\n//nolint:errcheck\nx()\ny()\n"
    assert silent("a.go", go, 3, 4) == [True, False]
    assert silent("a.py", "# snowshed: ignore\n\nx", 3) == [False]


def test_what_is_written_over_several_lines_has_it_at_the_first_or_the_last() -> None:
    assert silent("a.py", "f(  # snowshed: ignore\n  1,\n)\n", (1, 3)) == [True]
    assert silent("a.py", "f(\n  1,\n)  # snowshed: ignore\n", (1, 3)) == [True]
    assert silent("a.py", "f(\n  1,  # snowshed: ignore\n)\n", (1, 3)) == [False]
    # Above its last line it is about something else.
    assert silent("a.py", "f(\n  # snowshed: ignore\n  1)\n", (1, 3), (3, 3)) == [False, True]


@pytest.mark.parametrize(
    ("path", "comment"),
    [
        ("a.py", "# snowshed: ignore-file[SN901] why"),
        ("a.py", "x  # snowshed: ignore-file"),
        ("a.go", "//snowshed:ignore-file SN901 why"),
        ("a.go", "//nolint:snowshed\npackage p"),
    ],
)
def test_for_a_whole_file(path: str, comment: str) -> None:
    assert silent(path, f"{comment}\nx\ny\n", 3, 4, 700) == [True] * 3


def test_one_for_other_linters_of_go_is_about_all_that_begins_there() -> None:
    code = "package p\n\n//nolint:snowshed\nfunc f() {\n\tx()\n}\n\nfunc g() {}\n"
    assert silent("a.go", code, 4, 5, 6, 8) == [True, True, True, False]
    # Ours is about the line.
    code = code.replace("nolint:snowshed", "snowshed:ignore SN901")
    assert silent("a.go", code, 4, 5) == [True, False]


def test_used_ones_are_not_told() -> None:
    assert judged("a.py", "x  # snowshed: ignore[SN901] why\n", 1)[1] == []
    assert judged("a.py", "x  # snowshed: ignore - why\n", 1)[1] == []
    assert judged("a.py", "# snowshed: ignore-file[channel-cascade]\nx\n", 2)[1] == []


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: SN901", "# noqa: E501", "# type: ignore", "# nolint", "#"]
)
def test_those_of_others_never_are(comment: str) -> None:
    assert judged("a.py", f"x  {comment}\n")[1] == []
    assert judged("a.py", f"x  {comment}\ny", 2)[1] == []


@pytest.mark.parametrize(
    ("path", "before", "message", "after"),
    [
        # The whole of it.
        ("a.py", "x  # snowshed: ignore\ny", "unused suppression", "x\ny"),
        ("a.py", "x\n  # snowshed: ignore[SN901] a\ny", "unused suppression of SN901", "x\ny"),
        ("a.py", "\ufeff# snowshed: ignore\r\ny\r\n", "unused suppression", "\ufeffy\r\n"),
        ("a.py", "x  # snowshed: ignore\r\ny\r\n", "unused suppression", "x\r\ny\r\n"),
        ("a.py", "x  # snowshed: ignore", "unused suppression", "x"),
        ("a.py", "# snowshed: ignore", "unused suppression", ""),
        ("a.go", "x()//snowshed:ignore SN901 a\n", "unused suppression of SN901", "x()\n"),
        ("a.go", "\t/* snowshed:ignore\n */\nx\n", "unused suppression", "x\n"),
        # Beside others in one comment.
        ("a.py", "x  # a  # snowshed: ignore  # noqa\n", "unused suppression", "x  # a  # noqa\n"),
        (
            "a.py",
            "x  # snowshed: ignore[SN901] b # noqa\n",
            "unused suppression of SN901",
            "x  # noqa\n",
        ),
        ("a.go", "x // snowshed:ignore //nolint\n", "unused suppression", "x //nolint\n"),
        ("a.go", "//snowshed:ignore //nolint\nx\n", "unused suppression", "//nolint\nx\n"),
        # What is no rule.
        (
            "a.py",
            "x  # snowshed: ignore[SN777, SN902, oops]",
            "unused suppression of SN902; suppression of what is no rule: 'SN777', 'oops'",
            "x",
        ),
        (
            "a.go",
            "x //snowshed:ignore SN9O1",
            "suppression of what is no rule: 'SN9O1' (did you mean SN901?)",
            "x",
        ),
        (
            "a.go",
            "x //snowshed:ignore ugly-wort",
            "suppression of what is no rule: 'ugly-wort' (did you mean ugly-word?)",
            "x",
        ),
        ("a.go", "x //snowshed:ignore it is well", "suppression of what is no rule: 'it'", "x"),
    ],
)
def test_unused_ones_are_told_and_taken_away(
    path: str, before: str, message: str, after: str
) -> None:
    _, (told,) = judged(path, before)
    assert told.message == message
    assert told.fix.safe
    assert applied(before.encode(), [told.fix]).decode() == after


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "a.py",
            "x  # snowshed: ignore[SN902, SN901,oops] why",
            "x  # snowshed: ignore[SN901] why",
        ),
        ("a.go", "x //snowshed:ignore SN902,SN901 why", "x //snowshed:ignore SN901 why"),
    ],
)
def test_of_some_only_what_is_of_no_use_is_taken_away(path: str, before: str, after: str) -> None:
    _, (told,) = judged(path, before, 1)
    assert told.message.startswith("unused suppression of SN902")
    assert applied(before.encode(), [told.fix]).decode() == after


def test_nothing_is_read_of_files_without_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snowshed.lint._suppress.comments_of_python", None)
    assert silences_in(Source("a.py", b"x  # noqa"), Language.PYTHON, found=False) == []
    assert silences_in(Source("a.py", b"x  # nolint"), Language.PYTHON, found=True) == []


def test_what_is_for_others_alone_is_not_kept() -> None:
    python, go = Source("a.py", b"x  # noqa: E501, F401"), Source("a.go", b"x //nolint:errcheck")
    assert silences_in(python, Language.PYTHON, found=True) == []
    assert silences_in(go, Language.GO, found=True) == []


PIECES = st.sampled_from(
    [
        *(
            "# snowshed: ignore",
            "[SN901]",
            "[SN902, oops]",
            " why",
            "# noqa",
            ": SN901",
            "-file",
            "\n",
        ),
        *(
            "x",
            "  ",
            "'# snowshed: ignore'",
            "\r\n",
            "//snowshed:ignore",
            " SN901",
            "/* ",
            " */",
            "(",
            ")",
        ),
        *("//nolint", ":snowshed", '"', "`", "é", "{", "}"),
    ]
)


def without_comments(path: str, content: bytes) -> bytes:
    source = Source(path, content)
    comments = comments_of_go(source) if path.endswith(".go") else comments_of_python(source)
    for each in reversed(comments):
        content = content[: each.start] + content[each.end :]
    return b"".join(content.split())


FILES = st.sampled_from(["a.py", "a.go"])


@given(st.lists(PIECES, max_size=12).map("".join), FILES)
def test_nothing_is_taken_away_but_comments(text: str, path: str) -> None:
    content = text.encode()
    _, told = judged(path, text)
    fixes = together([each.fix for each in told], len(content))
    assert fixes or not told
    after = applied(content, fixes)
    assert without_comments(path, after) == without_comments(path, content)
    assert len(after) < len(content) or not fixes


@given(st.lists(PIECES, max_size=12).map("".join), FILES)
def test_it_comes_to_an_end(text: str, path: str) -> None:
    for _ in range(10):
        _, told = judged(path, text)
        if not told:
            return
        fixes = together([each.fix for each in told], len(text.encode()))
        text = applied(text.encode(), fixes).decode()
    pytest.fail(f"there is always one more: {text!r}")
