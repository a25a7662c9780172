package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const atOnce = 4

var (
	client  = &http.Client{Timeout: 5 * time.Second}
	mails   = make(chan receipt, 100)
	mailed  sync.Map
	counter = &inventory{stock: map[string]int{"kettle": 1000}}
)

// Workers that are idle between two orders, and a ticker that has an end.
func startWorkers(ctx context.Context) {
	for range atOnce {
		go mailAll(ctx)
	}
	go countEverySecond(ctx)
}

func mailAll(ctx context.Context) {
	for {
		select {
		case mail := <-mails:
			mailed.Store(mail.order, mail.cents)
		case <-ctx.Done():
			return
		}
	}
}

func countEverySecond(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			counter.left("kettle")
		case <-ctx.Done():
			return
		}
	}
}

// Does what the other routes do, as it should be done.
func healthy(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := readCatalog(ctx); err != nil {
		return err
	}
	cents, err := priceAll(ctx, 40)
	if err != nil {
		return err
	}
	select {
	case mails <- receipt{order: 1, cents: cents}:
	case <-ctx.Done():
		return ctx.Err()
	}
	fmt.Fprintf(w, "%d, and %d kettles left\n", cents, counter.left("kettle"))
	return nil
}

func readCatalog(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, catalogURL, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// Prices so many items, a few at a time.
func priceAll(ctx context.Context, items int) (int, error) {
	var (
		all    sync.WaitGroup
		mutex  sync.Mutex
		total  int
		failed error
	)
	places := make(chan struct{}, atOnce)
	for item := range items {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			cents, err := priceIn(ctx, item)
			mutex.Lock()
			defer mutex.Unlock()
			total += cents
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	return total, failed
}

func priceIn(ctx context.Context, item int) (cents int, err error) {
	row := orders.QueryRowContext(ctx, "SELECT cents FROM prices WHERE item = ?", item)
	err = row.Scan(&cents)
	return cents, err
}
