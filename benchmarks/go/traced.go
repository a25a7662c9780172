// A program that traces itself as it does what services do, for a trace of a given size:
//
//	traced rounds > trace.out
//
// In each round a request starts tasks that take turns at a lock, ask a worker and answer through
// a channel.
package main

import (
	"os"
	"runtime"
	"runtime/trace"
	"strconv"
	"sync"
)

type job struct {
	number int
	answer chan int
}

var (
	mutex sync.Mutex
	total int
	jobs  = make(chan job)
)

func worker() {
	for each := range jobs {
		each.answer <- each.number * 2
	}
}

func add(number int) {
	mutex.Lock()
	total += number
	runtime.Gosched()
	mutex.Unlock()
}

func task(number int, done *sync.WaitGroup) {
	defer done.Done()
	each := job{number, make(chan int)}
	jobs <- each
	add(<-each.answer)
}

func request(wide int) {
	var done sync.WaitGroup
	for number := range wide {
		done.Add(1)
		go task(number, &done)
	}
	done.Wait()
}

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	for range 8 {
		go worker()
	}
	for range 1000 {
		go func() { select {} }()
	}
	if err := trace.Start(os.Stdout); err != nil {
		panic(err)
	}
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for range rounds {
				request(20)
			}
		})
	}
	clients.Wait()
	trace.Stop()
}
