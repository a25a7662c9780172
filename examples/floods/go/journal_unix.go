//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
)

func init() { routes["/thread-pinned"] = threadPinned }

// The journal of all orders, and the backup that has locked it: it has hung for hours.
var journal, backup *os.File

func startBackup() (err error) {
	if journal, err = os.CreateTemp("", "journal"); err != nil {
		return err
	}
	if backup, err = os.Open(journal.Name()); err != nil {
		return err
	}
	if err = os.Remove(journal.Name()); err != nil {
		return err
	}
	return syscall.Flock(int(backup.Fd()), syscall.LOCK_SH)
}

// Writes an order into the journal.
func threadPinned(w http.ResponseWriter, r *http.Request) error {
	// Wrong: who waits for a lock on a file holds a thread, and nothing bounds how many do.
	if err := syscall.Flock(int(journal.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	defer syscall.Flock(int(journal.Fd()), syscall.LOCK_UN)
	_, err := fmt.Fprintln(journal, "order 1")
	return err
}
