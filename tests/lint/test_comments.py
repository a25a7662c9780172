"""Comments are found, and nothing else is taken for one; each is about the right line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowshed.lint._comments import Comment, comments_of_go, comments_of_python
from snowshed.lint._source import Source


def of_go(text: str | bytes) -> list[tuple[str, Comment]]:
    source = Source("a.go", text.encode() if isinstance(text, str) else text)
    return [(source.text(each.start, each.end), each) for each in comments_of_go(source)]


def of_python(text: str | bytes) -> list[tuple[str, Comment]]:
    source = Source("a.py", text.encode() if isinstance(text, str) else text)
    return [(source.text(each.start, each.end), each) for each in comments_of_python(source)]


def texts(found: list[tuple[str, Comment]]) -> list[str]:
    return [text for text, _ in found]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x := 1 // a", ["// a"]),
        ("x /* a */ := /* b\n c */ 1", ["/* a */", "/* b\n c */"]),
        ('s := "// no" // yes', ["// yes"]),
        ('s := "\\" // no" // yes', ["// yes"]),
        ("s := `\n// no\\` // yes", ["// yes"]),
        ("r := '\"' // yes", ["// yes"]),
        ("r := '\\'' // yes", ["// yes"]),
        ("r := '`' // yes", ["// yes"]),
        ("a := b / c // yes", ["// yes"]),
        ("// a // b", ["// a // b"]),
        ("/* // no */ x", ["/* // no */"]),
        ("// /* no\nx // yes", ["// /* no", "// yes"]),
        ("x // a\r\ny // b\r\n", ["// a", "// b"]),
        # What is broken ends with its line, or the file.
        ('s := "no\nx // yes', ["// yes"]),
        ("s := `no // no", []),
        ("/* no end", ["/* no end"]),
        ("", []),
    ],
)
def test_comments_of_go(code: str, expected: list[str]) -> None:
    assert texts(of_go(code)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1  # a", ["# a"]),
        ("s = '# no'  # yes", ["# yes"]),
        ('s = """\n# no\n"""  # yes', ["# yes"]),
        ("s = f'{x!r:>{10}} # no'  # yes", ["# yes"]),
        ("s = 'é日'; t = 'ü'  # ö yes\ny  # b", ["# ö yes", "# b"]),
        ("\ufeff# a\nx  # b", ["# a", "# b"]),
        ("x  # a\r\ny  # b\r\n", ["# a", "# b"]),
        ("x = (1,  # a\n     2)  # b", ["# a", "# b"]),
        # Of what is broken those before that place.
        ("x  # a\ns = '''\n# no", ["# a"]),
        ("x  # a\n  y\n z  # b\n", ["# a"]),
        ("", []),
    ],
)
def test_comments_of_python(code: str, expected: list[str]) -> None:
    found = texts(of_python(code))
    assert found[: len(expected)] == expected
    assert "# no" not in found


def test_python_that_is_not_utf_8_has_comments_too() -> None:
    assert texts(of_python("# -*- coding: latin-1 -*-\ns = 'é'  # a".encode("latin-1")))[1] == "# a"


CODE = """\
package p // 1

// 3
// 4
func f() { // 5
	x() // 6
	// 7

	/* 9
	10 */
	y( /* 11 */
		1,
	) // 13
	// 14
	if a {
	} else if b {
	} else {
	}
}
// 20
"""


def test_what_a_comment_is_about() -> None:
    about = {each.line: (each.alone, each.about, each.until) for _, each in of_go(CODE)}
    assert about == {
        1: (False, 1, 1),
        3: (True, 5, 19),
        4: (True, 5, 19),
        5: (False, 5, 19),
        6: (False, 6, 6),
        7: (True, 0, 0),
        9: (True, 11, 13),
        11: (False, 11, 13),
        13: (False, 13, 13),
        14: (True, 15, 18),
        20: (True, 0, 0),
    }


def test_what_a_comment_of_python_is_about() -> None:
    code = "# 1\n# 2\nx()  # 3\n# 4\n\n@a  # 6\n# 7\ndef f(): ...\n# 9"
    about = {each.line: (each.alone, each.about) for _, each in of_python(code)}
    assert about == {
        1: (True, 3),
        2: (True, 3),
        3: (False, 3),
        4: (True, 0),
        6: (False, 6),
        7: (True, 8),
        9: (True, 0),
    }


def test_a_mark_at_the_start_of_the_file_is_nothing_before_a_comment() -> None:
    assert of_python("\ufeff# 1\nx")[0][1].alone
    assert of_go("\ufeff// 1\nx")[0][1].alone


LETTERS = st.text("ab/*#\"'`\\ é({[]})", max_size=6)
ESCAPED = LETTERS.map(
    lambda text: text.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")
)
GO = st.one_of(
    LETTERS.map(lambda text: ("comment", f"//{text}\n")),
    LETTERS.map(lambda text: ("comment", f"/*{text.replace('*/', '').rstrip('*')}*/")),
    ESCAPED.map(lambda text: ("code", f'"{text}"')),
    ESCAPED.map(lambda text: ("code", f"'{text}'")),
    LETTERS.map(lambda text: ("code", f"`{text.replace('`', '')}\n`")),
    st.sampled_from(["x", " ", "\n", "(", ")", "{", "}", "a * b", "; "]).map(
        lambda text: ("code", text)
    ),
)


@given(st.lists(GO))
def test_any_go(pieces: list[tuple[str, str]]) -> None:
    code = "".join(text for _, text in pieces)
    wanted = [text.rstrip("\n") for kind, text in pieces if kind == "comment"]
    assert texts(of_go(code)) == wanted


PYTHON = st.one_of(
    LETTERS.map(lambda text: ("comment", f"x  #{text}\n")),
    ESCAPED.map(lambda text: ("code", f'"{text}"\n')),
    ESCAPED.map(lambda text: ("code", f"'{text}'\n")),
    ESCAPED.map(lambda text: ("code", f'"""{text}\n# no\n"""\n')),
    st.sampled_from(["x\n", "\n", "if x:\n  y\n", "(\n)\n", "é\n"]).map(
        lambda text: ("code", text)
    ),
)


@given(st.lists(PYTHON))
def test_any_python(pieces: list[tuple[str, str]]) -> None:
    code = "".join(text for _, text in pieces)
    wanted = [text[3:].removesuffix("\n") for kind, text in pieces if kind == "comment"]
    assert texts(of_python(code)) == wanted


@given(st.binary(max_size=60))
def test_anything(content: bytes) -> None:
    for found in (of_go(content), of_python(content)):
        for _, each in found:
            assert 0 <= each.start < each.end <= len(content)
            assert each.until >= each.about >= 0
