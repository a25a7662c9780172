// A service that waits in the way that it is told, wrongly or well:
//
//	waits
//
// It prints its address. /ill/KIND,KIND/N begins N waits of each kind that nobody ever ends,
// /well/KIND,KIND/N as many that are as they should be.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	ill = map[string]func(int){
		"range": ranges, "context": contexts, "done": watchers, "read": reads, "shake": shakes,
		"rows": openRows, "busy-rows": hangingRows, "tx": openTransactions, "pools": pools,
		"transports": transports, "tickers": tickers, "writers": writers, "readers": readers,
		"streams": streams, "threads": threads, "calls": calls,
	}
	well = map[string]func(int){
		"range": workers, "context": cancelled, "read": clients, "rows": closedRows,
		"pools": onePool, "transports": oneTransport, "tickers": stopped, "writers": drained,
		"streams": readStreams, "threads": unlocked, "subscribers": subscribers, "files": files,
		"sockets": sockets, "listeners": listeners, "guests": guests, "visitors": visitors,
		"inboxes": inboxes,
	}
	// Lets those who are begun be waited for.
	begun  sync.WaitGroup
	silent net.Listener
	url    string
	kept   []any
	mutex  sync.Mutex
	there  = map[string]bool{}
)

// Keeps what nobody will close, so that no finalizer does.
func keep(something ...any) {
	mutex.Lock()
	defer mutex.Unlock()
	kept = append(kept, something...)
}

// Sets up what all that are to come use.
func setUp(kind string, begin func()) {
	mutex.Lock()
	missing := !there[kind]
	there[kind] = true
	mutex.Unlock()
	if missing {
		begin()
	}
}

// Has count goroutines that each run what a request would, and waits until all have.
func each(count int, request func()) {
	var group sync.WaitGroup
	for range count {
		group.Go(request)
	}
	group.Wait()
}

func begins(kinds map[string]func(int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		count, err := strconv.Atoi(parts[3])
		if err != nil {
			panic(err)
		}
		for _, kind := range strings.Split(parts[2], ",") {
			kinds[kind](count)
		}
		// Until all wait, or are about to.
		begun.Wait()
		time.Sleep(200 * time.Millisecond)
		runtime.GC()
	}
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/ill/", begins(ill))
	mux.HandleFunc("/well/", begins(well))
	mux.HandleFunc("/endless", endless)
	mux.HandleFunc("/guest", guest)
	mux.HandleFunc("/visitor", visitor)
	mux.HandleFunc("/inbox", inbox)
	mux.HandleFunc("/socket", socket)
	mux.HandleFunc("/call", func(http.ResponseWriter, *http.Request) { call(silent.Addr().String()) })
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page") })
	mux.Handle("/debug/pprof/", http.DefaultServeMux)
	var err error
	if silent, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	url = fmt.Sprintf("http://%s", listener.Addr())
	server := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	fmt.Println(url)
	panic(server.Serve(listener))
}
