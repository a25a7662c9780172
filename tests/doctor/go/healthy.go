// A service that is well, with goroutines that wait in every normal way:
//
//	healthy
//
// It prints its address. /work does something with all of them.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"sync"
	"time"
)

type job struct {
	number int
	done   chan int
}

var (
	jobs   = make(chan job)
	cache  = map[int]int{}
	guard  sync.RWMutex
	client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
)

// A pool of workers, idle between two jobs.
func worker() {
	for each := range jobs {
		guard.Lock()
		cache[each.number%100]++
		guard.Unlock()
		each.done <- each.number
	}
}

// A queue with a condition, as pools are also built.
type queue struct {
	mutex sync.Mutex
	some  *sync.Cond
	items []int
}

func (q *queue) put(item int) {
	q.mutex.Lock()
	q.items = append(q.items, item)
	q.mutex.Unlock()
	q.some.Signal()
}

func (q *queue) drain() {
	for {
		q.mutex.Lock()
		for len(q.items) == 0 {
			q.some.Wait()
		}
		q.items = q.items[1:]
		q.mutex.Unlock()
	}
}

// Publishes to subscribers that each wait for what comes next.
type hub struct {
	mutex       sync.Mutex
	subscribers []chan int
}

func (h *hub) subscribe() {
	channel := make(chan int, 16)
	h.mutex.Lock()
	h.subscribers = append(h.subscribers, channel)
	h.mutex.Unlock()
	go func() {
		for range channel {
		}
	}()
}

func (h *hub) publish(value int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, channel := range h.subscribers {
		select {
		case channel <- value:
		default:
		}
	}
}

func tick(ctx context.Context) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			guard.RLock()
			_ = len(cache)
			guard.RUnlock()
		case <-ctx.Done():
			return
		}
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for range 64 {
		go worker()
	}
	q, h := &queue{}, &hub{}
	q.some = sync.NewCond(&q.mutex)
	for range 16 {
		go q.drain()
		h.subscribe()
	}
	go tick(ctx)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	url := fmt.Sprintf("http://%s", listener.Addr())
	http.HandleFunc("/small", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		var group sync.WaitGroup
		for number := range 20 {
			group.Add(1)
			go func() {
				defer group.Done()
				each := job{number, make(chan int)}
				jobs <- each
				<-each.done
				q.put(number)
				h.publish(number)
			}()
		}
		group.Wait()
		answer, err := client.Get(url + "/small")
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	})
	server := &http.Server{ReadTimeout: time.Minute}
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	fmt.Println(url)
	server.Serve(listener)
}
