// A program whose goroutines are in known states: what the readers of dumps and profiles are
// tested against. It writes what it is asked for, then ends:
//
//	states proto|debug1|debug2|leak|leak1|leak2|block|block1|mutex|mutex1|cpu|panic|deadlock
package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type queue[T any] struct{ items chan T }

// Generic, so that its name is printed with [...].
func (q *queue[T]) take() T { return <-q.items }

var (
	mutex sync.Mutex
	rw    sync.RWMutex
	group sync.WaitGroup
	cond  = sync.NewCond(&sync.Mutex{})
	never = make(chan int)
	sent  = make(chan int)
)

func deep(n int) int {
	if n == 0 {
		return <-never
	}
	return deep(n-1) + 1
}

func spawn(n int, f func()) {
	for range n {
		go f()
	}
}

func labelled(ctx context.Context, n int, key, value string, f func()) {
	pprof.Do(ctx, pprof.Labels("pool", "mailer", key, value), func(context.Context) { spawn(n, f) })
}

func settle() {
	for range 20 {
		runtime.Gosched()
		time.Sleep(5 * time.Millisecond)
	}
}

func start() {
	mutex.Lock()
	rw.Lock()
	group.Add(1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	spawn(5, func() { mutex.Lock() })
	spawn(2, func() { rw.RLock() })
	spawn(3, func() { sent <- 1 })
	spawn(4, func() { time.Sleep(time.Hour) })
	spawn(2, func() { group.Wait() })
	spawn(2, func() { cond.L.Lock(); cond.Wait() })
	spawn(1, func() { _, _ = listener.Accept() })
	spawn(1, func() { deep(150) })
	spawn(1, func() { select {} })
	spawn(1, func() { runtime.LockOSThread(); <-never })
	labelled(ctx, 6, "route", "/v1/send mail", func() {
		select {
		case <-never:
		case <-ctx.Done():
		}
	})
	labelled(ctx, 2, "quote\"d", "a, b: {c}", func() { (&queue[string]{make(chan string)}).take() })
	spawn(2, func() { var none chan int; <-none })
}

func lookup(name string, debug int) {
	if err := pprof.Lookup(name).WriteTo(os.Stdout, debug); err != nil {
		panic(err)
	}
}

func contend() {
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	var held sync.Mutex
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for range 10 {
				held.Lock()
				time.Sleep(time.Millisecond)
				held.Unlock()
			}
		})
	}
	done.Wait()
}

func burn() {
	if err := pprof.StartCPUProfile(os.Stdout); err != nil {
		panic(err)
	}
	var buffer bytes.Buffer
	for begin := time.Now(); time.Since(begin) < 300*time.Millisecond; {
		buffer.Reset()
		for i := range 1000 {
			fmt.Fprintf(&buffer, "%d", i)
		}
	}
	pprof.StopCPUProfile()
}

func main() {
	what := os.Args[1]
	switch what {
	case "block", "mutex", "block1", "mutex1":
		contend()
		if what[len(what)-1] == '1' {
			lookup(what[:5], 1)
		} else {
			lookup(what, 0)
		}
		return
	case "cpu":
		burn()
		return
	case "deadlock":
		mutex.Lock()
		spawn(2, func() { mutex.Lock() })
		group.Add(1)
		group.Wait()
	}
	start()
	settle()
	switch what {
	case "debug2":
		lookup("goroutine", 2)
	case "debug1":
		lookup("goroutine", 1)
	case "proto":
		lookup("goroutine", 0)
	case "leak":
		lookup("goroutineleak", 0)
	case "leak1":
		lookup("goroutineleak", 1)
	case "leak2":
		lookup("goroutineleak", 2)
	case "panic":
		var m map[string]int
		m["a"] = 1
	}
}
