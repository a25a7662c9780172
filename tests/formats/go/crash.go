package main

import (
	"os"
	"sync"
	"time"
)

func deep(n int) int { return deep(n+1) + 1 }

func write(m map[int]int, wg *sync.WaitGroup) {
	defer wg.Done()
	for i := 0; ; i++ {
		m[i%7] = i
	}
}

func wait(c chan int) { <-c }

func main() {
	c := make(chan int)
	for i := 0; i < 3; i++ {
		go wait(c)
	}
	time.Sleep(50 * time.Millisecond)
	switch os.Args[1] {
	case "overflow":
		go func() { deep(0) }()
		time.Sleep(time.Minute)
	case "maps":
		m := map[int]int{}
		var wg sync.WaitGroup
		for i := 0; i < 4; i++ {
			wg.Add(1)
			go write(m, &wg)
		}
		wg.Wait()
	case "quit":
		time.Sleep(time.Minute)
	}
}
