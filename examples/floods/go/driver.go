package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"
)

// A database that is in memory and has three numbers for every question, each query some
// milliseconds after it was asked.
type memory struct{}

const queryTakes = 5 * time.Millisecond

func (memory) Driver() driver.Driver                            { return nil }
func (memory) Connect(ctx context.Context) (driver.Conn, error) { return connection{}, nil }

type connection struct{}

var errReadOnly = errors.New("the database in memory only reads")

func (connection) Prepare(query string) (driver.Stmt, error) { return nil, errReadOnly }
func (connection) Begin() (driver.Tx, error)                 { return nil, errReadOnly }
func (connection) Close() error                              { return nil }

func (connection) QueryContext(
	ctx context.Context, query string, arguments []driver.NamedValue,
) (driver.Rows, error) {
	select {
	case <-time.After(queryTakes):
		return &numbers{left: 3}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type numbers struct{ left int }

func (*numbers) Columns() []string { return []string{"number"} }
func (*numbers) Close() error      { return nil }

func (n *numbers) Next(row []driver.Value) error {
	if n.left == 0 {
		return io.EOF
	}
	row[0] = int64(n.left)
	n.left--
	return nil
}
