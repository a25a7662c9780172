// A service that has leaks, as many as it is told, and notes which of its profiles were asked for:
//
//	patient
//
// It prints its address. /leak/N starts N goroutines that send to a channel nobody receives from,
// /idle/N as many that wait for work, /hang/N as many that call a page that never answers; /open/N
// leaves N answers open. /asked tells the profiles.
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	mutex sync.Mutex
	asked []string
	begun sync.WaitGroup
	work  = make(chan int)
	url   string
	kept  []*http.Response
)

func notify(done chan<- int) {
	begun.Done()
	done <- 1
}

func leak(count int) {
	done := make(chan int)
	begun.Add(count)
	for range count {
		go notify(done)
	}
}

func worker() {
	for range work {
	}
}

func idle(count int) {
	for range count {
		go worker()
	}
}

func call(url string) {
	answer, err := http.Get(url)
	if err == nil {
		answer.Body.Close()
	}
}

func never(w http.ResponseWriter, r *http.Request) {
	begun.Done()
	<-r.Context().Done()
}

func hang(count int) {
	begun.Add(count)
	for range count {
		go call(url + "/never")
	}
}

func open(count int) {
	for range count {
		if answer, err := http.Get(url + "/page"); err == nil {
			kept = append(kept, answer)
		}
	}
}

func counted(start func(int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count, _ := strconv.Atoi(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		start(count)
		// Until all wait as they are to, or are about to.
		begun.Wait()
		time.Sleep(100 * time.Millisecond)
	}
}

func profiles(w http.ResponseWriter, r *http.Request) {
	mutex.Lock()
	asked = append(asked, strings.TrimPrefix(r.URL.RequestURI(), "/debug/pprof/"))
	mutex.Unlock()
	pprof.Index(w, r)
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/leak/", counted(leak))
	mux.HandleFunc("/idle/", counted(idle))
	mux.HandleFunc("/hang/", counted(hang))
	mux.HandleFunc("/open/", counted(open))
	mux.HandleFunc("/never", never)
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page") })
	mux.HandleFunc("/debug/pprof/", profiles)
	mux.HandleFunc("/asked", func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		fmt.Fprint(w, strings.Join(asked, " "))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	url = fmt.Sprintf("http://%s", listener.Addr())
	fmt.Println(url)
	panic(http.Serve(listener, mux))
}
