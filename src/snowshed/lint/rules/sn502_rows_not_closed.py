"""The rows of a query are not closed on a way that leaves before their end.

## What it does

Reports rows that nobody closes when their reader leaves early: by a `return` or `break` in the loop
over them, or before it.

## Why

Rows hold a connection of the pool until they are closed, or read to their end. Each way that leaves
before takes one connection away for ever; when the last one is gone, every query of the service
waits. That it works until an error occurs is what makes it hard to find. Cause:
unreleased-resource.

## Bad

```go
package p

import "database/sql"

func names(db *sql.DB) (found []string, err error) {
        rows, err := db.Query("select name from shops")
        if err != nil {
                return nil, err
        }
        for rows.Next() {
                var name string
                if err := rows.Scan(&name); err != nil {
                        return nil, err
                }
                found = append(found, name)
        }
        return found, rows.Err()
}
```

## Good

```go
package p

import "database/sql"

func names(db *sql.DB) (found []string, err error) {
        rows, err := db.Query("select name from shops")
        if err != nil {
                return nil, err
        }
        defer rows.Close()
        for rows.Next() {
                var name string
                if err := rows.Scan(&name); err != nil {
                        return nil, err
                }
                found = append(found, name)
        }
        return found, rows.Err()
}
```

## Not reported

Rows that are read to their end on each way: they close themselves. Rows that are returned, kept or
handed on, and the way on which the query has failed. Rows of a transaction are told as advice: they
end with it.

## Silence

`//snowshed:ignore SN502 reason`, on the line or the one above it.


"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._closing import Opened, closing_fix, leak_of, opened_in
from snowshed.lint._go._package import related
from snowshed.lint._go._types import type_of
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._package import Package

__all__ = ["RULE"]

_ASKS = frozenset({"Query", "QueryContext", "Queryx", "QueryxContext", "NamedQuery"})
_KEEPS = frozenset(
    {
        "ColumnTypes",
        "Columns",
        "CommandTag",
        "Err",
        "FieldDescriptions",
        "MapScan",
        "Next",
        "NextResultSet",
        "RawValues",
        "Scan",
        "SliceScan",
        "StructScan",
        "Values",
    }
)
_PACKAGES = ("database/sql", "github.com/jackc/pgx", "github.com/jmoiron/sqlx")


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the rows that are left open."""
    for function in package.interesting:
        if function.file.source.is_test:
            continue
        if b".Next()" not in function.code or b"Query" not in function.code:
            continue
        for opened in opened_in(function, _is_query, _closes, _keeps, "Next()"):
            if not any(_asks_for(use, "Next") for use in opened.variable.uses):
                continue
            leak = leak_of(opened)
            if leak is None:
                continue
            name = opened.variable.name
            others = []
            message = f"`{name}` may be left open: nothing closes it on every way"
            if isinstance(leak.end, n.Return):
                message = f"`{name}` is not closed when line {leak.end.line} returns"
                others.append(related(leak.end, "leaves without closing it"))
            yield function.file.finding(
                "SN502",
                opened.statement,
                f"{message}: it keeps its connection",
                related=others,
                fix=closing_fix(opened, f"{name}.Close()"),
                tier=Tier.ADVICE if _is_of_transaction(opened) else Tier.DEFAULT,
            )


def _is_query(call: n.Call) -> bool:
    return call.method in _ASKS and isinstance(call.called, n.Selector) and bool(call.arguments)


def _is_of_transaction(opened: Opened) -> bool:
    """Tell whether they are of a transaction: whoever ends it after an error closes them."""
    call = opened.statement.right[0] if isinstance(opened.statement, n.Assign) else None
    if not isinstance(call, n.Call) or not isinstance(call.called, n.Selector):
        return False
    operand = call.called.operand
    return type_of(operand).endswith("Tx") or n.path_of(operand).lower().endswith("tx")


def _asks_for(use: n.Name, name: str) -> bool:
    return isinstance(use.parent, n.Selector) and use.parent.field_ == name


def _closes(use: n.Name) -> bool:
    return _asks_for(use, "Close")


def _keeps(use: n.Name) -> bool:
    parent = use.parent
    if isinstance(parent, n.Selector):
        return parent.field_ in _KEEPS
    return isinstance(parent, n.Binary)


RULE = Rule(
    "SN502",
    "rows-not-closed",
    Cause.UNRELEASED_RESOURCE,
    in_go=in_go,
    severity=Severity.HIGH,
    fixes=True,
    asked="some",
)
