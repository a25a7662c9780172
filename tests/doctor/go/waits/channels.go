package main

import (
	"context"
	"time"
)

// With what it works on in the dump, as for any loop that is long enough.
//
//go:noinline
func work(queue <-chan int) {
	for job := range queue {
		_ = job
	}
}

func ranges(count int) {
	each(count, func() {
		queue := make(chan int)
		for range 3 {
			go work(queue)
		}
		for job := range 6 {
			queue <- job
		}
	})
}

var shared = make(chan int)

func workers(count int) {
	setUp("workers", func() {
		for range 50 {
			go work(shared)
		}
	})
	each(count, func() { shared <- 1 })
}

// Fan-out: who listens waits for what is published, as long as the client is there.
func subscribers(int) {
	setUp("subscribers", func() {
		for range 50 {
			queue := make(chan string)
			keep(queue)
			go func() {
				for range queue {
				}
			}()
		}
	})
}

// A context of somebody's own: the standard library starts a goroutine for each made from it.
type own struct {
	context.Context
	done chan struct{}
}

func (o own) Done() <-chan struct{} { return o.done }

var base = own{context.Background(), make(chan struct{})}

func contexts(count int) {
	each(count, func() {
		ctx, cancel := context.WithCancel(base)
		keep(ctx, cancel)
	})
}

func watch(ctx context.Context) {
	begun.Done()
	<-ctx.Done()
}

func watchers(count int) {
	begun.Add(count)
	each(count, func() {
		ctx, cancel := context.WithCancel(context.Background())
		keep(cancel)
		go watch(ctx)
	})
}

func cancelled(count int) {
	each(count, func() {
		ctx, cancel := context.WithTimeout(base, time.Minute)
		defer cancel()
		begun.Add(1)
		go watch(ctx)
	})
}

// Tickers.

func refresh(ticker *time.Ticker) {
	begun.Done()
	for range ticker.C {
	}
}

func tickers(count int) {
	begun.Add(count)
	each(count, func() { go refresh(time.NewTicker(20 * time.Millisecond)) })
}

func stopped(count int) {
	setUp("tickers", func() {
		begun.Add(40)
		for range 40 {
			go refresh(time.NewTicker(20 * time.Millisecond))
		}
	})
	each(count, func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		<-ticker.C
	})
}
