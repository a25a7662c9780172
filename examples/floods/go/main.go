// Orders is the order service of a shop, with each fault that `snowshed doctor` knows on a route
// of its own:
//
//	go run . -listen 127.0.0.1:6060
//
// Ask for a route some dozens of times, such as /abandoned-sender, and let the doctor say what is
// wrong; /healthy does the same kind of work and is well. The line that is wrong says so in a
// comment. The first line that is printed is the address; port 0 is any that is free.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof" // What the doctor asks for.
	"os"
	"os/signal"
	"time"
)

// A handler that can fail: an error is told to the client, and logged by nobody here.
type handler func(w http.ResponseWriter, r *http.Request) error

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

var routes = map[string]handler{
	"/healthy": healthy,

	"/abandoned-sender":   abandonedSender,
	"/abandoned-receiver": abandonedReceiver,
	"/never-closed-range": neverClosedRange,
	"/nil-channel":        nilChannel,

	"/double-lock":         doubleLock,
	"/lock-order":          lockOrder,
	"/lock-across-channel": lockAcrossChannel,
	"/rwlock-recursion":    rwlockRecursion,

	"/waitgroup-never-done": waitgroupNeverDone,
	"/cond-never-signalled": condNeverSignalled,
	"/context-never-done":   contextNeverDone,

	"/io-no-deadline":       ioNoDeadline,
	"/transport-no-timeout": transportNoTimeout,
	"/unclosed-body":        unclosedBody,
	"/undrained-stream":     undrainedStream,

	"/unclosed-rows": unclosedRows,
	"/unclosed-pool": unclosedPool,

	"/unstopped-ticker":      unstoppedTicker,
	"/detached-handler-task": detachedHandlerTask,
	"/fanout":                fanout,
	"/run-queue":             runQueue,
}

func main() {
	address := flag.String("listen", "127.0.0.1:6060", "address to listen at; port 0: any free one")
	flag.Parse()
	if err := run(*address); err != nil {
		log.Fatal(err)
	}
}

func run(address string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	if err := openPartners(url); err != nil {
		return err
	}
	for path, handle := range routes {
		http.Handle(path, handle)
	}
	if err := startBackup(); err != nil {
		return err
	}
	startWorkers(ctx)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	fmt.Println(url)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
