package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"net"
	"time"
)

// A database that has one table with three rows, or none that answers.

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return connection{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type connection struct{}

func (connection) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (connection) Close() error                        { return nil }
func (connection) Begin() (driver.Tx, error)           { return transaction{}, nil }

func (connection) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	if query == "hang" {
		conn, err := net.Dial("tcp", silent.Addr().String())
		if err != nil {
			return nil, err
		}
		conn.Read(make([]byte, 1))
	}
	time.Sleep(time.Millisecond)
	return &rows{}, nil
}

type transaction struct{}

func (transaction) Commit() error   { return nil }
func (transaction) Rollback() error { return nil }

type rows struct{ given int }

func (*rows) Columns() []string { return []string{"n"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(values []driver.Value) error {
	if r.given == 3 {
		return io.EOF
	}
	r.given++
	values[0] = int64(r.given)
	return nil
}

func opened(connections int) *sql.DB {
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

var (
	small = opened(4)
	large = opened(0)
)

// What a request does: it looks at the first row, and forgets that there are others.
func first(ctx context.Context, db *sql.DB, query string) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return
	}
	found.Next()
}

func openRows(count int) {
	ctx, cancel := context.WithCancel(context.Background())
	keep(cancel)
	for range count {
		go first(ctx, small, "all")
	}
	each(count, func() { first(ctx, large, "all") })
}

func hangingRows(count int) {
	for range count {
		go first(context.Background(), small, "hang")
	}
}

func openTransactions(count int) {
	ctx, cancel := context.WithCancel(context.Background())
	keep(cancel)
	each(count, func() {
		if _, err := large.BeginTx(ctx, nil); err != nil {
			panic(err)
		}
	})
}

func query(ctx context.Context) {
	found, err := small.QueryContext(ctx, "all")
	if err != nil {
		panic(err)
	}
	defer found.Close()
	for found.Next() {
	}
}

// As busy as it is asked: more want a connection than there are, and all get theirs.
func closedRows(count int) {
	ctx, cancel := context.WithCancel(context.Background())
	keep(cancel)
	setUp("rows", func() {
		for range 30 {
			go func() {
				for ctx.Err() == nil {
					query(ctx)
				}
			}()
		}
	})
	each(count, func() { query(ctx) })
}

// Pools.

func pools(count int) {
	each(count, func() {
		db := sql.OpenDB(connector{})
		keep(db)
		if err := db.Ping(); err != nil {
			panic(err)
		}
	})
}

func onePool(count int) {
	each(count, func() { query(context.Background()) })
}
