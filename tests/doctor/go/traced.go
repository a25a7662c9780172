// A service to be traced, which does as it is told:
//
//	traced
//
// It prints its address. /wait/N has N goroutines wait in each way that there is, /leak/N starts one
// that waits for ever every millisecond, N in all, while others come and go; /flood/N starts N that
// compute for a while, /work computes a little in a few. /busy/N computes in N workers that are
// there from the start. /contend/N has N wait for a lock, each for 10 ms; /detach/N starts
// ten that sleep for N seconds. With ?traced it waits for a trace to begin; /waiting says how many do.
//
// It has two processors on every machine, so that it takes as many for a queue everywhere.
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	lock    sync.Mutex
	shared  sync.RWMutex
	written sync.RWMutex
	group   sync.WaitGroup
	some    = sync.NewCond(&sync.Mutex{})
	never   = make(chan int)
	jobs    = make(chan time.Duration)
	forWork = make(chan int)
	waiting atomic.Int64
)

func send()       { never <- 1 }
func receive()    { <-jobs }
func receiveNil() { var none chan int; <-none }
func choose() {
	select {
	case <-never2:
	case <-never3:
	}
}
func chooseNone() { select {} }
func lockIt()     { lock.Lock() }
func readIt()     { shared.RLock() }
func writeIt()    { written.Lock() }
func waitForAll() { group.Wait() }
func sleep()      { time.Sleep(time.Hour) }
func worker() {
	for range forWork {
		compute(time.Millisecond)
	}
}
func waitForCondition() { some.L.Lock(); some.Wait() }

var never2, never3 = make(chan int), make(chan int)

func readNothing() {
	ours, theirs := net.Pipe()
	_ = theirs
	_, _ = ours.Read(make([]byte, 1))
}

func accept() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	_, _ = listener.Accept()
}

var ways = []func(){
	send, receive, receiveNil, choose, chooseNone, lockIt, readIt, writeIt, waitForAll, sleep,
	waitForCondition, readNothing, accept,
}

func wait(count int) {
	lock.TryLock()
	shared.TryLock()
	written.TryLock()
	group.Add(1)
	for range count {
		for _, way := range ways {
			go way()
		}
	}
	time.Sleep(100 * time.Millisecond)
}

func forget(number int) { never <- number }

func leak(count int) {
	for number := range count {
		go forget(number)
		done := make(chan int)
		go func() { done <- number }()
		<-done
		time.Sleep(time.Millisecond)
	}
}

func compute(duration time.Duration) {
	sum := 0
	for begin := time.Now(); time.Since(begin) < duration; {
		for i := range 10000 {
			sum += i
		}
	}
	runtime.KeepAlive(sum)
}

func item(done *sync.WaitGroup) {
	defer done.Done()
	compute(5 * time.Millisecond)
}

func flood(count int) {
	var done sync.WaitGroup
	for {
		for range count {
			done.Add(1)
			go item(&done)
		}
		// And more behind them, before they are done: a trace that ends late sees it go on.
		time.Sleep(time.Second)
		if !trace.IsEnabled() {
			return
		}
	}
}

func work(w http.ResponseWriter, r *http.Request) {
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() { compute(500 * time.Microsecond) })
	}
	done.Wait()
	fmt.Fprint(w, "ok")
}

func busy(count int) {
	for range count {
		go worker()
	}
	go func() {
		for {
			forWork <- 1
		}
	}()
}

func contend(count int) {
	var done sync.WaitGroup
	var mutex sync.Mutex
	for range count {
		done.Go(func() {
			mutex.Lock()
			time.Sleep(10 * time.Millisecond)
			mutex.Unlock()
		})
	}
	done.Wait()
}

// Leaves something to do behind.
func detach(seconds int) {
	for range 10 {
		go time.Sleep(time.Duration(seconds) * time.Second)
	}
}

func counted(start func(int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "traced" {
			waiting.Add(1)
			for !trace.IsEnabled() {
				time.Sleep(time.Millisecond)
			}
			waiting.Add(-1)
		}
		count, _ := strconv.Atoi(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		start(count)
	}
}

func main() {
	runtime.GOMAXPROCS(2)
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	mux := http.NewServeMux()
	mux.HandleFunc("/wait/", counted(wait))
	mux.HandleFunc("/leak/", counted(func(count int) { go leak(count) }))
	mux.HandleFunc("/flood/", counted(func(count int) { go flood(count) }))
	mux.HandleFunc("/busy/", counted(busy))
	mux.HandleFunc("/contend/", counted(contend))
	mux.HandleFunc("/detach/", counted(detach))
	mux.HandleFunc("/work", work)
	mux.HandleFunc("/waiting", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, waiting.Load())
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	panic(http.Serve(listener, mux))
}
