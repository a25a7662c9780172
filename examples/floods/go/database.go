package main

import (
	"database/sql"
	"fmt"
	"net/http"
)

// Of the orders, and large enough for the shop as long as everybody gives back what they take.
var orders = openOrders(8)

func openOrders(connections int) *sql.DB {
	db := sql.OpenDB(memory{})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// Tells the newest order of a customer.
func unclosedRows(w http.ResponseWriter, r *http.Request) error {
	rows, err := orders.Query("SELECT number FROM orders WHERE customer = ?", 1)
	if err != nil {
		return err
	}
	if !rows.Next() {
		return rows.Err()
	}
	var number int
	if err := rows.Scan(&number); err != nil {
		return err
	}
	fmt.Fprintf(w, "order %d\n", number) // Wrong: rows is not closed, and keeps its connection.
	return nil
}

// Counts the orders of a branch, which has a database of its own.
func unclosedPool(w http.ResponseWriter, r *http.Request) error {
	branch := sql.OpenDB(memory{}) // Wrong: a pool for each request, and none is closed.
	var count int
	if err := branch.QueryRow("SELECT count(*) FROM orders").Scan(&count); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d orders\n", count)
	return nil
}
