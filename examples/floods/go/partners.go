package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// Who the shop talks to. The carrier has a bad day: it takes every call and answers none. That
// needs no goroutine, as the system takes calls on behalf of a program that does not. The catalog
// is well, and for the sake of a small example this very process.
var (
	carrier        net.Listener
	carrierAddress string
	catalogURL     string
)

func openPartners(url string) error {
	var err error
	if carrier, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	carrierAddress = carrier.Addr().String()
	catalogURL = url + "/catalog"
	http.HandleFunc("/catalog", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", "7")
		fmt.Fprint(w, strings.Repeat("kettle;2900\n", 100))
	})
	return nil
}
