package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func write(w *io.PipeWriter) {
	begun.Done()
	fmt.Fprint(w, strings.Repeat("line\n", 100))
}

func writers(count int) {
	begun.Add(count)
	each(count, func() {
		r, w := io.Pipe()
		go write(w)
		r.Read(make([]byte, 10))
	})
}

func readers(count int) {
	begun.Add(count)
	each(count, func() {
		r, w := io.Pipe()
		go func() {
			begun.Done()
			io.Copy(io.Discard, r)
		}()
		w.Write(make([]byte, 10))
	})
}

func drained(count int) {
	begun.Add(count)
	each(count, func() {
		r, w := io.Pipe()
		go func() {
			write(w)
			w.Close()
		}()
		io.Copy(io.Discard, r)
	})
}

func threads(count int) {
	begun.Add(count)
	for range count {
		ends := make([]int, 2)
		if err := syscall.Pipe(ends); err != nil {
			panic(err)
		}
		go func() {
			begun.Done()
			syscall.Read(ends[0], make([]byte, 1))
		}()
	}
}

func unlocked(count int) {
	each(count, func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		time.Sleep(time.Millisecond)
	})
}
