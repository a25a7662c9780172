// A service that has leaks, as many as it is told, and notes which of its profiles were asked for:
//
//	patient
//
// It prints its address. /leak/N starts N goroutines that send to a channel nobody receives from,
// /idle/N as many that wait for work; /asked tells the profiles.
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"sync"
)

var (
	mutex sync.Mutex
	asked []string
	work  = make(chan int)
)

func notify(done chan<- int) { done <- 1 }

func leak(count int) {
	done := make(chan int)
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

func counted(start func(int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count, _ := strconv.Atoi(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		start(count)
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
	fmt.Printf("http://%s\n", listener.Addr())
	panic(http.Serve(listener, mux))
}
