package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

type receipt struct {
	order int
	cents int
}

type line struct {
	item  string
	cents int
}

var (
	errTooSlow  = errors.New("no quote in time")
	errDeclined = errors.New("card declined")

	basket = []line{{"kettle", 2900}, {"teapot", 4100}, {"cup", 700}}
)

// What shipping costs: the carrier is asked, but no customer waits for it for long.
func abandonedSender(w http.ResponseWriter, r *http.Request) error {
	quote := make(chan int) // Wrong: no room, so after the timeout nobody ever takes the quote.
	go func() {
		quote <- askForQuote()
	}()
	select {
	case cents := <-quote:
		fmt.Fprintf(w, "shipping costs %d\n", cents)
		return nil
	case <-time.After(20 * time.Millisecond):
		return errTooSlow
	}
}

func askForQuote() int {
	time.Sleep(50 * time.Millisecond)
	return 490
}

// Pays for an order. The receipt is mailed meanwhile, as soon as there is one.
func abandonedReceiver(w http.ResponseWriter, r *http.Request) error {
	paid := make(chan receipt)
	go mailReceipt(paid)
	if err := charge(7700); err != nil {
		return err // Wrong: who is to mail the receipt still waits for one.
	}
	paid <- receipt{order: 1, cents: 7700}
	return nil
}

func mailReceipt(paid <-chan receipt) {
	mail := <-paid
	fmt.Printf("receipt for order %d: %d\n", mail.order, mail.cents)
}

func charge(cents int) error {
	if cents > 5000 {
		return errDeclined
	}
	return nil
}

// Adds up an order while its lines are read.
func neverClosedRange(w http.ResponseWriter, r *http.Request) error {
	lines := make(chan line)
	go statistics(lines)
	for _, each := range basket {
		lines <- each
	}
	fmt.Fprintln(w, "counted") // Wrong: nobody closes lines, so the range over it never ends.
	return nil
}

func statistics(lines <-chan line) {
	sold := map[string]int{}
	for each := range lines {
		sold[each.item] += each.cents
	}
}

type subscription struct {
	events chan string
}

// Subscribes a shop window to changes of the stock.
func nilChannel(w http.ResponseWriter, r *http.Request) error {
	window := &subscription{} // Wrong: events is never made, and nobody can send to it.
	go window.show()
	fmt.Fprintln(w, "subscribed")
	return nil
}

func (s *subscription) show() {
	for {
		event := <-s.events
		fmt.Println(event)
	}
}
