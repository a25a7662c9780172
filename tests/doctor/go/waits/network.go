package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// Calls that nobody answers. The kernel accepts for the silent listener.

func call(address string) {
	conn, err := net.Dial("tcp", address)
	begun.Done()
	if err != nil {
		return
	}
	fmt.Fprintln(conn, "price of 12?")
	bufio.NewReader(conn).ReadString('\n')
}

func reads(count int) {
	begun.Add(count)
	each(count, func() { go call(silent.Addr().String()) })
}

func shakes(count int) {
	begun.Add(count)
	for range count {
		go func() {
			conn, err := net.Dial("tcp", silent.Addr().String())
			begun.Done()
			if err != nil {
				return
			}
			tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake()
		}()
	}
}

// In a handler of HTTP, which whoever asks has left.
func calls(count int) {
	begun.Add(count)
	for range count {
		go http.Get(url + "/call")
	}
}

// A server of its own, whose clients have nothing to ask just now.

var serving net.Listener

func serve(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		fmt.Fprintln(conn, lines.Text())
	}
}

func accept() {
	for {
		conn, err := serving.Accept()
		if err != nil {
			return
		}
		go serve(conn)
	}
}

func clients(count int) {
	setUp("server", func() {
		serving, _ = net.Listen("tcp", "127.0.0.1:0")
		go accept()
	})
	for range count {
		conn, err := net.Dial("tcp", serving.Addr().String())
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(conn, "hello")
		bufio.NewReader(conn).ReadString('\n')
		keep(conn)
	}
}

// Whoever reads a pipe of the system waits for what may come, as watchers of files do.
func files(int) {
	setUp("files", func() {
		for range 20 {
			r, w, err := os.Pipe()
			if err != nil {
				panic(err)
			}
			keep(w)
			go io.Copy(io.Discard, r)
		}
	})
}

// Connections that stay open, as those of WebSockets: the handler has handed them over to two
// goroutines, one of which reads and one writes.

func pushes(conn net.Conn, news chan string) {
	pings := time.NewTicker(20 * time.Millisecond)
	for {
		select {
		case text := <-news:
			fmt.Fprintln(conn, text)
		case <-pings.C:
			fmt.Fprintln(conn, "ping")
		}
	}
}

func socket(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	news := make(chan string)
	keep(news)
	go pushes(conn, news)
	go serve(conn)
}

func sockets(count int) { ask("/socket", count) }

// Has clients ask for a page, read how the answer begins, and stay.
func ask(page string, count int) {
	for range count {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: here\r\n\r\n", page)
		bufio.NewReader(conn).ReadString('\n')
		keep(conn)
	}
}

// Transports.

func page(client *http.Client) {
	answer, err := client.Get(url + "/page")
	if err != nil {
		panic(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
}

func transports(count int) {
	each(count, func() { page(&http.Client{Transport: &http.Transport{}}) })
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}

func oneTransport(count int) { each(count, func() { page(client) }) }

// Streams of HTTP/2.

var streaming = func() *http.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: transport}
}()

var news = make(chan string)

func endless(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "news")
	w.(http.Flusher).Flush()
	select {
	case <-news:
	case <-r.Context().Done():
	}
}

// Clients that listen to what is new, for as long as they are there.
func listeners(count int) { ask("/endless", count) }

// Somebody else writes to them meanwhile.
func guest(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "welcome")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func guests(count int) { ask("/guest", count) }

//go:noinline
func stay(ctx context.Context) { <-ctx.Done() }

func visitors(count int) { ask("/visitor", count) }

func visitor(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "welcome")
	w.(http.Flusher).Flush()
	stay(r.Context())
}

// Has messages of its own until its client goes.
func inbox(w http.ResponseWriter, r *http.Request) {
	messages := make(chan string)
	context.AfterFunc(r.Context(), func() { close(messages) })
	fmt.Fprintln(w, "news")
	w.(http.Flusher).Flush()
	for message := range messages {
		fmt.Fprintln(w, message)
	}
}

func inboxes(count int) { ask("/inbox", count) }

func streams(count int) {
	each(count, func() {
		answer, err := streaming.Get(url + "/endless")
		if err != nil {
			panic(err)
		}
		answer.Body.Read(make([]byte, 10))
		keep(answer)
	})
}

func readStreams(count int) {
	each(count, func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		request, _ := http.NewRequestWithContext(ctx, "GET", url+"/endless", nil)
		answer, err := streaming.Do(request)
		if err != nil {
			panic(err)
		}
		defer answer.Body.Close()
		answer.Body.Read(make([]byte, 10))
	})
}
