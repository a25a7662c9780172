package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Follows a parcel on its way.
func unstoppedTicker(w http.ResponseWriter, r *http.Request) error {
	go follow(1)
	fmt.Fprintln(w, "followed")
	return nil
}

func follow(parcel int) {
	ticker := time.NewTicker(time.Minute)
	for range ticker.C { // Wrong: it goes on when the parcel has long arrived.
		lookUp(parcel)
	}
}

func lookUp(parcel int) {}

var errNoAudit = errors.New("the audit does not answer")

// Takes an order, and has it audited meanwhile.
func detachedHandlerTask(w http.ResponseWriter, r *http.Request) error {
	go audit(1) // Wrong: nobody owns it: no limit, nothing that ends it, nobody who hears its error.
	fmt.Fprintln(w, "taken")
	return nil
}

func audit(order int) {
	for wait := time.Second; ; wait *= 2 {
		if err := sendToAudit(order); err == nil {
			return
		}
		time.Sleep(wait)
	}
}

func sendToAudit(order int) error { return errNoAudit }

// Prices a list of 300 items.
func fanout(w http.ResponseWriter, r *http.Request) error {
	var all sync.WaitGroup
	for item := range 300 {
		all.Go(func() { priceOf(item) }) // Wrong: 300 at once, for a database with 8 connections.
	}
	all.Wait()
	fmt.Fprintln(w, "priced")
	return nil
}

func priceOf(item int) (cents int) {
	orders.QueryRow("SELECT cents FROM prices WHERE item = ?", item).Scan(&cents)
	return cents
}

// Draws the pictures of a catalog.
func runQueue(w http.ResponseWriter, r *http.Request) error {
	var all sync.WaitGroup
	for picture := range 400 {
		all.Go(func() { draw(picture) }) // Wrong: 400 at once, for as many processors as there are.
	}
	all.Wait()
	fmt.Fprintln(w, "drawn")
	return nil
}

var pixels [1 << 16]byte

func draw(picture int) (sum int) {
	for range 15 {
		for _, pixel := range pixels {
			sum = 31*sum + picture*int(pixel)
		}
	}
	return sum
}
