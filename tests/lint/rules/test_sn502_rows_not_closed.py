"""Rows that a way leaves early are reported; those that are read to their end close themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go, go_findings

HEAD = """
package p

import "database/sql"

type T struct { db *sql.DB }
"""
QUERY = 'rows, err := t.db.Query("select 1")'
FAILED = "\n if err != nil {\n return err\n }\n"


def function(code: str) -> None:
    """Hold a function of the statements ``code``."""
    go("SN502", go_function(HEAD, "(t *T) f(tx *sql.Tx, ctx Context) error", code))


@pytest.mark.parametrize(
    "code",
    [
        (
            f"{QUERY} // want{FAILED} for rows.Next() {{\n if err := rows.Scan(&x); err != nil {{\n"
            " return err\n }\n }\n return rows.Err()"
        ),
        f"{QUERY} // want{FAILED} for rows.Next() {{\n break\n }}\n return nil",
        f"{QUERY} // want{FAILED} if rows.Next() {{\n return rows.Scan(&x)\n }}\n return nil",
        f"{QUERY} // want{FAILED} if !rows.Next() {{\n return nil\n }}\n return rows.Scan(&x)",
        (
            f"{QUERY} // want{FAILED} names, err := rows.Columns(){FAILED} for rows.Next() {{\n"
            " use(names)\n }\n return nil"
        ),
        (
            f"{QUERY} // want{FAILED} for rows.Next() {{\n if x {{\n return nil\n }}\n }}\n"
            " rows.Close()\n"
            " return nil"
        ),
        (
            f"rows, err := t.db.QueryContext(ctx, q) // want{FAILED} for rows.Next() {{\n"
            f" return nil\n }}\n"
            " return nil"
        ),
        # The end of the transaction closes them.
        (
            f"rows, err := tx.Query(q) // want advice{FAILED} for rows.Next() {{\n"
            f" return nil\n }}\n"
            " return nil"
        ),
    ],
)
def test_a_way_that_leaves_early_is_reported(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        f"{QUERY}{FAILED} defer rows.Close()\n for rows.Next() {{\n return nil\n }}\n return nil",
        f"{QUERY}{FAILED} for rows.Next() {{\n rows.Scan(&x)\n }}\n return rows.Err()",
        (
            f"{QUERY}{FAILED} for rows.Next() {{\n if x {{\n rows.Close()\n return nil\n }}\n }}\n"
            " return nil"
        ),
        (
            f"{QUERY}{FAILED} defer func() {{ rows.Close() }}()\n for rows.Next() {{\n"
            f" return nil\n }}\n"
            " return nil"
        ),
        f"{QUERY}{FAILED} for rows.Next() {{\n continue\n }}\n return nil",
        (
            f"{QUERY}{FAILED} defer closeRows(rows)\n for rows.Next() {{\n return nil\n }}\n"
            " return nil"
        ),
        f"{QUERY}{FAILED} return t.read(rows)",
        f"{QUERY}{FAILED} t.rows = rows\n rows.Next()\n return nil",
        "rows, err := t.index.Query(q)\n use(rows)\n return err",
        "value := url.Query()\n it.Next()\n return value",
    ],
)
def test_what_is_closed_or_read_to_its_end_is_not(code: str) -> None:
    function(code)


@pytest.mark.house
def test_the_fix_closes_them_behind_the_check_of_the_error(tmp_path: Path) -> None:
    after = fixed(
        "SN502",
        """
        package p

        import "database/sql"

        func F(db *sql.DB) (string, error) {
            rows, err := db.Query("select name from shops")
            if err != nil {
                return "", err // no rows
            }
            var name string
            for rows.Next() {
                if err := rows.Scan(&name); err != nil {
                    return "", err
                }
            }
            return name, rows.Err()
        }
        """,
    )
    assert "    }\n    defer rows.Close()\n    var name string\n" in after
    vet(tmp_path, [after])


def test_it_is_said_which_return_leaves_them_open() -> None:
    code = (
        f"{HEAD}func (t *T) f() error {{\n {QUERY}{FAILED} for rows.Next() {{\n return x\n }}\n"
        " return nil\n}\n"
    )
    (found,) = go_findings("SN502", {"p/a.go": code})
    line = code.splitlines().index(" return x") + 1
    assert found.message.startswith(f"`rows` is not closed when line {line} returns")
