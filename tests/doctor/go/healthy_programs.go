// Programs that are well, one for each name:
//
//	healthy_programs NAME
//
// It prints its address. There are its profiles, and /work has it do what it is there for.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	_ "net/http/pprof"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const brief = 3 * time.Millisecond

// Each returns what /work does; what stays has been started before.
var programs = map[string]func() http.HandlerFunc{
	"server": server, "client": client, "pool": pool, "slow-pool": slowPool, "tickers": tickers,
	"signals": signals, "database": database, "hub": hub, "pipeline": pipeline,
	"generators": generators, "queue": queue, "proxy": proxy, "h2": h2, "streams": streams,
	"locks": locks, "commands": commands, "coroutines": coroutines, "supervisor": supervisor,
}

func server() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { time.Sleep(brief) }
}

func backend() *url.URL {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(brief)
		fmt.Fprint(w, "done")
	})
	address, err := url.Parse(httptest.NewServer(handler).URL)
	must(err)
	return address
}

func read(client *http.Client, url string) {
	answer, err := client.Get(url)
	if err == nil {
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
}

func inParallel(times int, work func(int)) {
	var group sync.WaitGroup
	for number := range times {
		group.Go(func() { work(number) })
	}
	group.Wait()
}

func client() http.HandlerFunc {
	kept := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 30}}
	at := backend().String()
	inParallel(30, func(int) { read(kept, at) })
	return func(w http.ResponseWriter, r *http.Request) { inParallel(10, func(int) { read(kept, at) }) }
}

func workers(count int, takes time.Duration) http.HandlerFunc {
	jobs := make(chan chan int)
	for range count {
		go func() {
			for done := range jobs {
				time.Sleep(takes)
				done <- 1
			}
		}()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		inParallel(40, func(int) {
			done := make(chan int, 1)
			jobs <- done
			<-done
		})
	}
}

func pool() http.HandlerFunc { return workers(64, brief) }

// More come than it can do, and each takes longer than somebody looks.
func slowPool() http.HandlerFunc { return workers(64, time.Second) }

func tickers() http.HandlerFunc {
	var ticks atomic.Int64
	ctx := context.Background()
	for range 20 {
		go func() {
			ticker := time.NewTicker(brief)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					ticks.Add(1)
				case <-ctx.Done():
					return
				}
			}
		}()
		go func() {
			for range time.Tick(time.Hour) {
			}
		}()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		time.AfterFunc(brief, func() { ticks.Add(1) })
		time.Sleep(brief)
	}
}

func signals() http.HandlerFunc {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGUSR1)
	go func() {
		for range hangups {
		}
	}()
	go func() {
		defer stop()
		<-ctx.Done()
	}()
	return func(w http.ResponseWriter, r *http.Request) {
		must(syscall.Kill(os.Getpid(), syscall.SIGHUP))
	}
}

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return connection{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type connection struct{}

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (connection) Close() error                        { return nil }
func (connection) Begin() (driver.Tx, error)           { return connection{}, nil }
func (connection) Commit() error                       { return nil }
func (connection) Rollback() error                     { return nil }
func (connection) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	time.Sleep(brief)
	return &rows{left: 3}, nil
}

type rows struct{ left int }

func (*rows) Columns() []string { return []string{"id"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(to []driver.Value) error {
	r.left--
	to[0] = int64(r.left)
	if r.left < 0 {
		return io.EOF
	}
	return nil
}

func database() http.HandlerFunc {
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(4)
	db.SetConnMaxIdleTime(time.Hour)
	query := func(ctx context.Context) {
		tx, err := db.BeginTx(ctx, nil)
		must(err)
		found, err := tx.QueryContext(ctx, "SELECT id")
		must(err)
		for found.Next() {
		}
		must(found.Close())
		must(tx.Commit())
	}
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
		defer cancel()
		inParallel(20, func(int) { query(ctx) })
	}
}

// Publishes to subscribers, each with a goroutine that waits for what comes next.
type broker struct {
	mutex       sync.RWMutex
	subscribers []chan int
	received    atomic.Int64
}

func (b *broker) subscribe(channel chan int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.subscribers = append(b.subscribers, channel)
	go func() {
		for range channel {
			b.received.Add(1)
		}
	}()
}

func (b *broker) publish(value int) {
	b.mutex.RLock()
	defer b.mutex.RUnlock()
	for _, each := range b.subscribers {
		each <- value
	}
}

func hub() http.HandlerFunc {
	b := &broker{}
	for number := range 100 {
		b.subscribe(make(chan int, number%2*16))
	}
	return func(w http.ResponseWriter, r *http.Request) { inParallel(20, b.publish) }
}

// Stages with a channel each; the first error ends them all.
func pipeline() http.HandlerFunc {
	stage := func(ctx context.Context, from <-chan int) <-chan int {
		to := make(chan int)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for value := range from {
					time.Sleep(brief)
					select {
					case to <- value:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		go func() {
			group.Wait()
			close(to)
		}()
		return to
	}
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		first := make(chan int)
		go func() {
			defer close(first)
			for value := range 50 {
				first <- value
			}
		}()
		for range stage(ctx, stage(ctx, first)) {
		}
	}
}

// What stands ready until somebody takes it: numbers, and places of a limit that is filled again.
func generators() http.HandlerFunc {
	numbers, tokens := make(chan int), make(chan struct{}, 8)
	for range 16 {
		go func() {
			for number := 0; ; number++ {
				numbers <- number
			}
		}()
	}
	go func() {
		for range time.Tick(time.Millisecond) {
			tokens <- struct{}{}
		}
	}()
	return func(w http.ResponseWriter, r *http.Request) {
		<-tokens
		fmt.Fprint(w, <-numbers)
	}
}

// A queue with a condition, and calls that share one answer.
type store struct {
	mutex sync.Mutex
	some  *sync.Cond
	items []func()
	calls map[int]*sync.WaitGroup
}

func (s *store) put(item func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.items = append(s.items, item)
	s.some.Signal()
}

func (s *store) next() func() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for len(s.items) == 0 {
		s.some.Wait()
	}
	item := s.items[0]
	s.items = s.items[1:]
	return item
}

func (s *store) once(key int, work func()) {
	s.mutex.Lock()
	call, shared := s.calls[key]
	if !shared {
		call = &sync.WaitGroup{}
		call.Add(1)
		s.calls[key] = call
	}
	s.mutex.Unlock()
	if shared {
		call.Wait()
		return
	}
	work()
	call.Done()
	s.mutex.Lock()
	delete(s.calls, key)
	s.mutex.Unlock()
}

func queue() http.HandlerFunc {
	s := &store{calls: map[int]*sync.WaitGroup{}}
	s.some = sync.NewCond(&s.mutex)
	for range 32 {
		go func() {
			for {
				s.next()()
			}
		}()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		inParallel(40, func(number int) {
			done := make(chan struct{})
			s.put(func() { close(done) })
			<-done
			s.once(number%2, func() { time.Sleep(brief) })
		})
	}
}

func proxy() http.HandlerFunc { return httputil.NewSingleHostReverseProxy(backend()).ServeHTTP }

func h2() http.HandlerFunc {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(brief)
		fmt.Fprint(w, r.Proto)
	})
	service := httptest.NewUnstartedServer(handler)
	service.EnableHTTP2 = true
	service.StartTLS()
	inParallel(20, func(int) { read(service.Client(), service.URL) })
	return func(w http.ResponseWriter, r *http.Request) {
		inParallel(20, func(int) { read(service.Client(), service.URL) })
	}
}

// Answers that last as long as somebody listens.
func streams() http.HandlerFunc {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(time.Hour):
		}
	})
	service := httptest.NewServer(handler)
	for range 30 {
		answer, err := http.Get(service.URL)
		must(err)
		go func() {
			defer answer.Body.Close()
			io.Copy(io.Discard, answer.Body)
		}()
	}
	return server()
}

// Many want the same locks, in methods that call each other, and one works under them.
type ledger struct {
	mutex   sync.Mutex
	guard   sync.RWMutex
	entries map[int]int
}

func (l *ledger) add(number int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	time.Sleep(time.Millisecond)
	l.entries[number]++
}

func (l *ledger) addTwice(number int) {
	l.add(number)
	l.add(number + 1)
}

func (l *ledger) sum() int {
	l.guard.RLock()
	defer l.guard.RUnlock()
	time.Sleep(time.Millisecond)
	return len(l.entries)
}

func (l *ledger) change(number int) {
	l.guard.Lock()
	defer l.guard.Unlock()
	l.addTwice(number)
}

func locks() http.HandlerFunc {
	l := &ledger{entries: map[int]int{}}
	return func(w http.ResponseWriter, r *http.Request) {
		inParallel(30, func(number int) {
			switch number % 3 {
			case 0:
				l.addTwice(number)
			case 1:
				l.sum()
			default:
				l.change(number)
			}
		})
	}
}

func commands() http.HandlerFunc {
	for range 3 {
		command := exec.Command("sleep", "600")
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		command.Stdout = io.Discard.(io.Writer)
		out, err := command.StderrPipe()
		must(err)
		must(command.Start())
		go io.Copy(io.Discard, out)
		go command.Wait()
	}
	return server()
}

func coroutines() http.HandlerFunc {
	numbers := func(yield func(int) bool) {
		for number := 0; yield(number); number++ {
		}
	}
	var mutex sync.Mutex
	var takes []func() (int, bool)
	for range 10 {
		next, _ := iter.Pull(numbers)
		next()
		takes = append(takes, next)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		for _, next := range takes {
			next()
		}
	}
}

// Starts what works, waits for it to end, and starts it again.
func supervisor() http.HandlerFunc {
	restarts, work := make(chan int), make(chan int)
	for number := range 8 {
		go func() {
			for {
				var group sync.WaitGroup
				ended := make(chan error)
				group.Go(func() {
					<-work
					time.Sleep(brief)
					ended <- nil
				})
				<-ended
				group.Wait()
				select {
				case restarts <- number:
				default:
				}
			}
		}()
	}
	go func() {
		for range restarts {
		}
	}()
	return func(w http.ResponseWriter, r *http.Request) { work <- 1 }
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	work := programs[os.Args[1]]()
	http.HandleFunc("/work", work)
	served := httptest.NewServer(http.DefaultServeMux)
	fmt.Println(served.URL)
	select {}
}
