// A program with every kind of event that matters for goroutines: what the reader of execution
// traces is tested against. It writes a trace of itself to standard output:
//
//	traced rounds
//
// With TRACED=recorder in the environment the flight recorder traces, with TRACED=profile a CPU
// profile is taken at the same time.
package main

import (
	"context"
	"io"
	"iter"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

var (
	before = make(chan int)
	mutex  sync.Mutex
)

// Older than the trace.
func idle(numbers <-chan int) { <-numbers }

func ticking(stop chan bool) {
	for ticks := time.Tick(time.Millisecond); ; {
		select {
		case <-ticks:
		case <-stop:
			return
		}
	}
}

func sender(to chan<- int, n int) {
	for i := range n {
		to <- i
	}
}

func locker(group *sync.WaitGroup) {
	defer group.Done()
	for range 5 {
		mutex.Lock()
		time.Sleep(50 * time.Microsecond)
		mutex.Unlock()
	}
}

func echo(listener net.Listener, times int) {
	for range times {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			_, _ = io.Copy(connection, connection)
		}()
	}
}

func call(address string) {
	connection, err := net.Dial("tcp", address)
	must(err)
	defer connection.Close()
	buffer := make([]byte, 5)
	_, _ = connection.Write([]byte("hello"))
	_, _ = io.ReadFull(connection, buffer)
}

func burn(group *sync.WaitGroup) {
	defer group.Done()
	sum := 0
	for begin := time.Now(); time.Since(begin) < 15*time.Millisecond; {
		for i := range 10000 {
			sum += i
		}
	}
	runtime.KeepAlive(sum)
}

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func round(address string, n int) {
	var group sync.WaitGroup
	numbers := make(chan int)
	go sender(numbers, 10)
	for range 10 {
		<-numbers
	}
	for range 4 {
		group.Add(2)
		go locker(&group)
		go burn(&group)
	}
	call(address)
	next, stop := iter.Pull(count(5))
	for range 3 {
		next()
	}
	stop()
	for i := range 50 {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.Gosched()
			_ = make([]byte, i*1000)
		}()
	}
	group.Wait()
	file, _ := os.Open("/proc/self/status")
	for range 3 {
		_, _ = file.Read(make([]byte, 10))
	}
	file.Close()
	if n%4 == 3 {
		runtime.GC()
	}
	trace.WithRegion(context.Background(), "region", func() {
		trace.Log(context.Background(), "a", "b")
	})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Starts a trace, and returns what ends it.
func begin() func() {
	switch os.Getenv("TRACED") {
	case "recorder":
		recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{
			MinAge: time.Minute, MaxBytes: 64 << 20,
		})
		must(recorder.Start())
		return func() {
			_, err := recorder.WriteTo(os.Stdout)
			must(err)
			recorder.Stop()
		}
	case "profile":
		must(pprof.StartCPUProfile(io.Discard))
	}
	must(trace.Start(os.Stdout))
	return func() {
		trace.Stop()
		pprof.StopCPUProfile()
	}
}

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	must(err)
	stop := make(chan bool)
	go idle(before)
	go idle(nil)
	for range 2 {
		go ticking(stop)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go echo(listener, rounds)
	time.Sleep(5 * time.Millisecond)
	end := begin()
	_, task := trace.NewTask(context.Background(), "rounds")
	for n := range rounds {
		round(listener.Addr().String(), n)
	}
	for range 7 {
		go func() { before <- 1 }() // idle takes one
	}
	stop <- true
	task.End()
	time.Sleep(5 * time.Millisecond)
	end()
}
