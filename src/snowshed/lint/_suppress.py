"""Comments that say a finding was looked at and is well as it is.

``# snowshed: ignore[SN301] reason`` and ``//snowshed:ignore SN301 reason`` silence their own line;
alone in a line the next one. ``ignore-file`` silences the file. What others read is honoured too:
``# noqa``, ``# noqa: SN301``, ``//nolint``, ``//nolint:snowshed``, ``//nolint:SN301``. One of ours
that silences nothing is told: the fault is mended, and the next one at that place must not hide.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._comments import comments_of_go, comments_of_python
from snowshed.lint._files import Language
from snowshed.lint._finding import Edit, Fix, Span
from snowshed.lint._select import nearest
from snowshed.lint._source import Source

if TYPE_CHECKING:
    from snowshed.lint._comments import Comment
    from snowshed.lint._finding import Finding

__all__ = ["UNUSED", "Silence", "Unused", "silenced", "silences_in", "unused"]

UNUSED = "unused-suppression"
"""What comments that silence nothing are called where rules are by their id."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A comment that silences.

    Attributes:
        path: the file.
        words: the rules that it names, as they are written; none is all.
        first: the first line that it silences.
        last: the last line that it silences.
        alone: whether it stands above what it silences.
        span: where it stands.
        removal: what takes it away; None for one that is read by others, too, and stays.
        words_at: offsets of the first byte of its words, and behind the last.
    """

    path: str
    words: tuple[str, ...]
    first: int
    last: int
    alone: bool
    span: Span
    removal: Edit | None = None
    words_at: tuple[int, int] = (0, 0)

    def covers(self, span: Span) -> bool:
        """Tell whether what stands at ``span`` is silenced by its place."""
        if self.first <= span.line <= self.last:
            return True
        # What is written over several lines has its comment at the end of the last.
        return not self.alone and self.first <= span.end_line <= self.last


@dataclass(frozen=True, slots=True)
class Unused:
    """A comment of ours that silences nothing, or names what is no rule.

    Attributes:
        path: the file.
        span: where the comment stands.
        message: what of it is of no use, such as ``unused suppression of SN301``.
        fix: takes it away, or those of its ids that are of no use; it is safe.
    """

    path: str
    span: Span
    message: str
    fix: Fix


_EVERYWHERE = 1 << 31
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_SEPARATOR = re.compile(r"[\s,]+")
_NO_MORE = rb"(?![\w-]|\s*:)"
_OURS = re.compile(
    rb"(?<!\S)(?P<mark>//|\#|/\*)\s*snowshed:\s*ignore(?P<file>-file)?" + _NO_MORE + rb"(?:"
    rb"\s*\[(?P<listed>[^\]\n]*)\]"
    rb"|[ \t]+(?P<named>[A-Za-z][\w-]*(?:(?:\s*,\s*|(?<=\d)\s+(?=SN\d))[A-Za-z][\w-]*)*)"
    rb")?"
)
_NOQA = re.compile(
    rb"\#\s*noqa(?:\s*:\s*(?P<words>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?" + _NO_MORE,
    re.IGNORECASE,
)
_NOLINT = re.compile(
    rb"(?<!\S)//\s*nolint(?:\s*:\s*(?P<words>[\w-]+(?:\s*,\s*[\w-]+)*))?" + _NO_MORE
)
_OUR_ID = re.compile(r"SN\d", re.IGNORECASE)
_CLAUSE = re.compile(rb"package\b")


def silences_in(source: Source, language: Language, *, found: bool) -> list[Silence]:
    """Return the comments of ``source`` that silence.

    Args:
        source: the file.
        language: what it is written in.
        found: whether there is anything to silence: if not, only what is of ours matters.

    Cost: a search for the words; where there is one, O(bytes).
    """
    go = language is Language.GO
    foreign = b"nolint" if go else b"noqa"
    if b"snowshed:" not in source.content and not (found and foreign in source.content.lower()):
        return []
    if b"\r" in source.content:
        # To Python a lone one ends a line, too.
        source = Source(source.path, _LONE_RETURN.sub(b"\n", source.content))
    comments = comments_of_go(source) if go else comments_of_python(source)
    foreign_in = _nolint if go else _noqa
    return [
        each
        for comment in comments
        for each in (*_ours(source, comment), *foreign_in(source, comment))
    ]


def _words(written: bytes | None) -> tuple[str, ...]:
    return tuple(filter(None, _SEPARATOR.split((written or b"").decode(errors="replace"))))


def _ours(source: Source, comment: Comment) -> Iterator[Silence]:
    text = source.content[comment.start : comment.end]
    found = _OURS.search(text)
    # With another mark than its comment's own it is only spoken of.
    if found is None or not text.startswith(found["mark"]):
        return
    if found.start() and found["mark"] == b"/*":
        return
    # The reason ends where another comment for a program begins.
    mark = found["mark"]
    other = -1 if mark == b"/*" else text.find(b" " + mark, found.end())
    start, end = (comment.start + at for at in (found.start(), len(text) if other < 0 else other))
    first, last = (1, _EVERYWHERE) if found["file"] else (comment.about, comment.about)
    group = "listed" if found["listed"] is not None else "named"
    yield Silence(
        source.path,
        _words(found[group]),
        first,
        last,
        comment.alone,
        source.span(start, end),
        _removal(source, comment, start, end),
        (comment.start + found.start(group), comment.start + found.end(group)),
    )


def _removal(source: Source, comment: Comment, start: int, end: int) -> Edit:
    content = source.content
    if end < comment.end:
        # Another one follows, which moves to its place.
        return Edit(start, end + 1, "")
    if start == comment.start and comment.alone:
        newline = content.find(b"\n", end)
        start = source.start_of(comment.line)
        start += 3 if content.startswith(b"\xef\xbb\xbf") and not start else 0
        return Edit(start, newline + 1 if newline >= 0 else len(content), "")
    before = content[source.start_of(comment.line) : start]
    return Edit(start - (len(before) - len(before.rstrip(b" \t"))), end, "")


def _noqa(source: Source, comment: Comment) -> Iterator[Silence]:
    found = _NOQA.search(source.content, comment.start, comment.end)
    written = _words(found["words"]) if found is not None else ()
    words = tuple(filter(_OUR_ID.match, written))
    if found is not None and (words or not written):
        span = source.span(*found.span())
        line = comment.line
        yield Silence(source.path, words, line, line, alone=False, span=span)


def _nolint(source: Source, comment: Comment) -> Iterator[Silence]:
    found = _NOLINT.search(source.content[comment.start : comment.end])
    if found is None:
        return
    written = _words(found["words"])
    words = tuple(filter(_OUR_ID.match, written))
    if {"snowshed", "all"} & set(written):
        words = ()
    elif written and not words:
        return
    first, last = comment.about, comment.until if comment.alone else comment.about
    if comment.alone and first and _CLAUSE.match(source.content, source.start_of(first)):
        first, last = 1, _EVERYWHERE
    span = source.span(comment.start, comment.end)
    yield Silence(source.path, words, first, last, alone=comment.alone, span=span)


def silenced(
    findings: Iterable[Finding],
    silences: Sequence[Silence],
    meant: Mapping[str, Collection[str]],
) -> tuple[dict[Finding, bool], dict[Silence, set[str]]]:
    """Return whether each of ``findings`` is silenced, and what of ``silences`` has done that.

    Args:
        findings: what was found.
        silences: the comments in the same files.
        meant: the ids that each word stands for, in lower case.

    Returns:
        Whether it is silenced, by finding; the words that silence something, by comment, among
        them ``""`` for one that names no rule.
    """
    in_file: dict[str, list[Silence]] = defaultdict(list)
    for silence in silences:
        in_file[silence.path].append(silence)
    are: dict[Finding, bool] = {}
    used: dict[Silence, set[str]] = {silence: set() for silence in silences}
    for finding in findings:
        are[finding] = False
        for silence in in_file.get(finding.path, ()):
            if silence.covers(finding.span):
                words = {
                    word
                    for word in silence.words or ("",)
                    if not word or finding.rule in meant.get(word.lower(), ())
                }
                used[silence] |= words
                are[finding] |= bool(words)
    return are, used


def unused(
    used: Mapping[Silence, Collection[str]], meant: Mapping[str, Collection[str]]
) -> Iterator[Unused]:
    """Yield what is of no use in comments of ours, from what `silenced` has returned."""
    for silence, words in used.items():
        if silence.removal is None:
            continue
        useless = [word for word in silence.words or ("",) if word not in words]
        if useless:
            fix = _without(silence, useless)
            yield Unused(silence.path, silence.span, _said(useless, meant), fix)


def _said(useless: Sequence[str], meant: Mapping[str, Collection[str]]) -> str:
    unknown = [
        repr(word) + _hint(word, meant) for word in useless if word and word.lower() not in meant
    ]
    known = [word for word in useless if word and word.lower() in meant]
    parts = [f"suppression of what is no rule: {', '.join(unknown)}"] if unknown else []
    if known or not unknown:
        parts.insert(0, f"unused suppression{' of ' if known else ''}{', '.join(known)}")
    return "; ".join(parts)


def _hint(word: str, meant: Mapping[str, Collection[str]]) -> str:
    # Ids and names: what many ids begin with is near to every mistake.
    one = {known: min(ids) for known, ids in meant.items() if len(ids) == 1}
    near = nearest(word, (id_ if id_.lower() == known else known for known, id_ in one.items()))
    return f" (did you mean {near}?)" if near else ""


def _without(silence: Silence, useless: Collection[str]) -> Fix:
    assert silence.removal is not None
    kept = [word for word in silence.words if word not in useless]
    if not kept:
        return Fix("take the comment away", (silence.removal,), safe=True)
    edit = Edit(*silence.words_at, ", ".join(kept))
    return Fix(f"leave only {', '.join(kept)} in the comment", (edit,), safe=True)
