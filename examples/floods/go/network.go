package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Prints a label, at a printer of the carrier's that has a protocol of its own.
func ioNoDeadline(w http.ResponseWriter, r *http.Request) error {
	printer, err := net.Dial("tcp", carrierAddress)
	if err != nil {
		return err
	}
	defer printer.Close()
	fmt.Fprintf(printer, "LABEL 1\n")
	said, err := bufio.NewReader(printer).ReadString('\n') // Wrong: no deadline is set before.
	if err != nil {
		return err
	}
	fmt.Fprintln(w, said)
	return nil
}

// Asks the carrier where a parcel is.
func transportNoTimeout(w http.ResponseWriter, r *http.Request) error {
	answer, err := http.Get("http://" + carrierAddress + "/parcel/1") // Wrong: it may take for ever.
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(w, answer.Body)
	return err
}

var errOldCatalog = errors.New("the catalog is old")

// Reads the catalog, if it is a new one.
func unclosedBody(w http.ResponseWriter, r *http.Request) error {
	answer, err := http.Get(catalogURL)
	if err != nil {
		return err
	}
	if answer.Header.Get("X-Version") < "8" {
		return errOldCatalog // Wrong: the body is closed only behind this line.
	}
	defer answer.Body.Close()
	_, err = io.Copy(w, answer.Body)
	return err
}

var errNoHeading = errors.New("a table without heading")

// Exports orders as a table, which is written while it is uploaded.
func undrainedStream(w http.ResponseWriter, r *http.Request) error {
	table, rows := io.Pipe()
	go writeOrders(rows)
	return upload(table)
}

func writeOrders(rows *io.PipeWriter) {
	table := csv.NewWriter(rows)
	for number := range 10_000 {
		table.Write([]string{strconv.Itoa(number), "kettle", "2900"})
	}
	table.Flush()
	rows.Close()
}

func upload(table *io.PipeReader) error {
	first := make([]byte, 5)
	if _, err := io.ReadFull(table, first); err != nil {
		return err
	}
	if string(first) != "order" {
		return errNoHeading // Wrong: the pipe is not closed, and who writes waits for a reader.
	}
	_, err := io.Copy(io.Discard, table)
	return err
}
