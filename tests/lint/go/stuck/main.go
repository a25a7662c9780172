// Stuck leaves goroutines behind in several ways, and prints where they all are:
//
//	go run . debug=2 | debug=1 | protobuf
//
// What waits for good is said beside its line; lint is to tell that first of which there is most.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
)

// notify sends to whoever waits, who may have left.
func notify(ctx context.Context, call func() error) error {
	answers := make(chan error)
	go func() {
		answers <- call() // most wait here
	}()
	select {
	case err := <-answers:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stock is what is left of each article.
type stock struct {
	mu   sync.Mutex
	left map[string]int
}

func (s *stock) count(article string) int {
	s.mu.Lock() // some wait here
	defer s.mu.Unlock()
	return s.left[article]
}

func (s *stock) take(article string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count(article) == 0 { // and called from here
		return false
	}
	s.left[article]--
	return true
}

// audits is read by another service, when it is there.
var audits = make(chan string)

// audit outlives the request that has started it.
func audit(order string) {
	audits <- order
}

func order(w http.ResponseWriter, r *http.Request) {
	go audit(r.URL.Path) // few were started here
	fmt.Fprintln(w, "ordered")
}

// idle is well: it waits for a job, and there is none.
func idle(jobs <-chan func()) {
	for job := range jobs {
		job()
	}
}

func main() {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for range 100 {
		_ = notify(over, func() error { return nil })
	}
	for range 20 {
		go new(stock).take("tea")
	}
	for range 3 {
		order(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/order", nil))
	}
	jobs := make(chan func())
	for range 4 {
		go idle(jobs)
	}
	settle()
	write(os.Args[1])
	close(jobs)
	for range 3 {
		<-audits
	}
}

// settle returns when nobody runs any more but who asks.
func settle() {
	for {
		running := 0
		records := make([]runtime.StackRecord, 1000)
		count, _ := runtime.GoroutineProfile(records)
		for _, each := range records[:count] {
			frames := runtime.CallersFrames(each.Stack())
			if frame, _ := frames.Next(); frame.Function != "runtime.gopark" {
				running++
			}
		}
		if running == 1 {
			return
		}
		runtime.Gosched()
	}
}

func write(form string) {
	debug := map[string]int{"protobuf": 0, "debug=1": 1, "debug=2": 2}[form]
	if err := pprof.Lookup("goroutine").WriteTo(os.Stdout, debug); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
