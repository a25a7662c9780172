// A service whose requests start goroutines in each way that there is:
//
//	requests
//
// It prints its address. /wide/N starts N and waits for them, /group/N the same with WaitGroup.Go,
// /narrow eight; /detached starts one and answers, /left/N as many. /call asks the service itself,
// so that an HTTP client opens connections, and /second/N for /wide/N by HTTP/2; /pooled has a pool of 200 do its work, which the first
// to come sets up; /limited works in a goroutine of a library, and /taken takes over its connection,
// as WebSockets do. /running tells how many of all these have begun, and all end with /release.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	running  atomic.Int64
	released = make(chan struct{})
	jobs     = make(chan chan struct{})
	lazy     = make(chan chan struct{})
	setUp    sync.Once
	url      string
)

// Works until all may end.
func work() {
	running.Add(1)
	<-released
}

func number(r *http.Request) int {
	count, _ := strconv.Atoi(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	return count
}

func wide(w http.ResponseWriter, r *http.Request) {
	var group sync.WaitGroup
	for range number(r) {
		group.Add(1)
		go func() {
			defer group.Done()
			work()
		}()
	}
	group.Wait()
}

func grouped(w http.ResponseWriter, r *http.Request) {
	var group sync.WaitGroup
	for range number(r) {
		group.Go(func() { work() })
	}
	group.Wait()
}

func narrow(w http.ResponseWriter, r *http.Request) {
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			work()
		}()
	}
	group.Wait()
}

func audit() {
	work()
}

func detached(w http.ResponseWriter, r *http.Request) {
	go audit()
}

func left(w http.ResponseWriter, r *http.Request) {
	for range number(r) {
		go audit()
	}
}

func call(w http.ResponseWriter, r *http.Request) {
	answer, err := http.Get(url + "/held")
	if err == nil {
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
}

func second(w http.ResponseWriter, r *http.Request) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := http.Client{Transport: &http.Transport{Protocols: protocols}}
	answer, err := client.Get(fmt.Sprintf("%s/wide/%d", url, number(r)))
	if err == nil {
		answer.Body.Close()
	}
}

func worker(jobs chan chan struct{}) {
	for done := range jobs {
		close(done)
	}
}

func startWorkers() {
	for range 200 {
		go worker(lazy)
	}
}

func pooled(w http.ResponseWriter, r *http.Request) {
	setUp.Do(startWorkers)
	for _, pool := range []chan chan struct{}{jobs, lazy} {
		done := make(chan struct{})
		pool <- done
		<-done
	}
	if r.URL.Query().Has("stay") {
		work()
	}
}

func reads(connection net.Conn) {
	buffer := make([]byte, 100)
	for {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
	}
}

func writes(connection net.Conn) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	running.Add(1)
	for {
		select {
		case <-ticker.C:
			fmt.Fprint(connection, "still there")
		case <-released:
			connection.Close()
			return
		}
	}
}

func taken(w http.ResponseWriter, r *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	go reads(connection)
	go writes(connection)
}

func held(w http.ResponseWriter, r *http.Request) {
	work()
}

func main() {
	for range 200 {
		go worker(jobs)
	}
	http.HandleFunc("/wide/", wide)
	http.HandleFunc("/group/", grouped)
	http.HandleFunc("/narrow", narrow)
	http.HandleFunc("/detached", detached)
	http.HandleFunc("/left/", left)
	http.HandleFunc("/call", call)
	http.HandleFunc("/second/", second)
	http.HandleFunc("/held", held)
	http.HandleFunc("/taken", taken)
	http.Handle("/limited", http.TimeoutHandler(http.HandlerFunc(held), time.Hour, "too late"))
	http.HandleFunc("/pooled", pooled)
	http.HandleFunc("/keep", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
	http.HandleFunc("/running", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, running.Load())
	})
	http.HandleFunc("/release", func(w http.ResponseWriter, r *http.Request) { close(released) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	url = fmt.Sprintf("http://%s", listener.Addr())
	fmt.Println(url)
	server := &http.Server{Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	panic(server.Serve(listener))
}
