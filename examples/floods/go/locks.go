package main

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

type inventory struct {
	mutex sync.Mutex
	stock map[string]int
}

var shelves = &inventory{stock: map[string]int{"kettle": 1000}}

// Reserves a kettle.
func doubleLock(w http.ResponseWriter, r *http.Request) error {
	left := shelves.reserve("kettle")
	fmt.Fprintf(w, "reserved, %d left\n", left)
	return nil
}

func (i *inventory) reserve(item string) int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.stock[item]--
	return i.left(item) // Wrong: left takes the lock that is held here.
}

func (i *inventory) left(item string) int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.stock[item]
}

type warehouse struct {
	mutex   sync.Mutex
	kettles int
}

var north, south = &warehouse{kettles: 500}, &warehouse{kettles: 500}

// Moves a kettle from one warehouse to the other, and one back.
func lockOrder(w http.ResponseWriter, r *http.Request) error {
	var both sync.WaitGroup
	both.Go(func() { north.moveTo(south) })
	both.Go(func() { south.moveTo(north) })
	both.Wait()
	fmt.Fprintln(w, "moved")
	return nil
}

func (from *warehouse) moveTo(to *warehouse) {
	from.mutex.Lock()
	defer from.mutex.Unlock()
	book()
	to.mutex.Lock() // Wrong: who moves the other way has this one, and wants ours.
	defer to.mutex.Unlock()
	from.kettles--
	to.kettles++
}

// Writes into the books.
func book() { time.Sleep(2 * time.Millisecond) }

type ledger struct {
	mutex   sync.Mutex
	entries chan int
	total   int
}

var sales = newLedger()

func newLedger() *ledger {
	l := &ledger{entries: make(chan int)}
	go l.add()
	return l
}

// Sells something.
func lockAcrossChannel(w http.ResponseWriter, r *http.Request) error {
	sales.enter(2900)
	fmt.Fprintln(w, "sold")
	return nil
}

func (l *ledger) enter(cents int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	book()
	if cents > 0 {
		l.entries <- cents // Wrong: who receives wants the lock that is held here.
	}
}

func (l *ledger) add() {
	for cents := range l.entries {
		l.mutex.Lock()
		l.total += cents
		l.mutex.Unlock()
	}
}

type priceList struct {
	mutex  sync.RWMutex
	cents  map[string]int
	rebate int
}

var prices = &priceList{cents: map[string]int{"kettle": 2900}, rebate: 10}

// Tells a price, and has the list changed now and then.
func rwlockRecursion(w http.ResponseWriter, r *http.Request) error {
	go prices.setRebate(20)
	fmt.Fprintf(w, "a kettle costs %d\n", prices.of("kettle"))
	return nil
}

func (p *priceList) of(item string) int {
	p.mutex.RLock()
	defer p.mutex.RUnlock()
	book()
	return p.reduced(p.cents[item])
}

func (p *priceList) reduced(cents int) int {
	p.mutex.RLock() // Wrong: with a writer in between the second reading waits for the first.
	defer p.mutex.RUnlock()
	return cents * (100 - p.rebate) / 100
}

func (p *priceList) setRebate(percent int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.rebate = percent
}
