// A service that goes on after a panic: its stacks stand between the lines of its log.
package main

import (
	"log"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
)

func main() {
	http.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("oh") })
	http.HandleFunc("/stack", func(http.ResponseWriter, *http.Request) {
		log.Printf("where am I: %s", debug.Stack())
	})
	server := httptest.NewServer(http.DefaultServeMux)
	for _, path := range []string{"/panic", "/stack"} {
		if _, err := http.Get(server.URL + path); err != nil {
			log.Print(err)
		}
	}
	log.Printf("in main: %s", debug.Stack())
	log.Print("that was all (for today)")
}
