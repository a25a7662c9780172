package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Packs an order, all parcels at the same time.
func waitgroupNeverDone(w http.ResponseWriter, r *http.Request) error {
	var packed sync.WaitGroup
	for parcel := range 3 {
		packed.Add(1)
		go pack(parcel, &packed)
	}
	packed.Wait()
	fmt.Fprintln(w, "packed")
	return nil
}

func pack(parcel int, packed *sync.WaitGroup) {
	if parcel == 2 {
		return // Wrong: this parcel is too large, and nobody is told that it is done.
	}
	time.Sleep(time.Millisecond)
	packed.Done()
}

type dock struct {
	mutex  sync.Mutex
	free   int
	freed  *sync.Cond
	loaded int
}

var ramps = newDock(2)

func newDock(free int) *dock {
	d := &dock{free: free}
	d.freed = sync.NewCond(&d.mutex)
	return d
}

// Loads a truck at a ramp.
func condNeverSignalled(w http.ResponseWriter, r *http.Request) error {
	ramps.take()
	defer ramps.giveBack()
	time.Sleep(30 * time.Millisecond)
	fmt.Fprintln(w, "loaded")
	return nil
}

func (d *dock) take() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for d.free == 0 {
		d.freed.Wait()
	}
	d.free--
}

func (d *dock) giveBack() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.free++
	d.loaded++ // Wrong: a ramp is free, and none of those who wait for one is told.
}

var errSoldOut = errors.New("sold out")

// An order that is held until it is paid.
type hold struct {
	order   context.Context
	release context.CancelFunc
}

func newHold() hold {
	order, release := context.WithCancel(context.Background())
	return hold{order, release}
}

// Holds an order.
func contextNeverDone(w http.ResponseWriter, r *http.Request) error {
	held := newHold()
	go giveUp(held.order)
	if r.URL.Query().Has("sold-out") {
		held.release()
		return errSoldOut
	}
	fmt.Fprintln(w, "held") // Wrong: on this path nobody calls release, and no time is set.
	return nil
}

func giveUp(order context.Context) {
	<-order.Done()
	fmt.Println("the order is no longer held")
}
