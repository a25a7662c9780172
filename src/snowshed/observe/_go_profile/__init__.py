"""Tasks as goroutines, for the tools of Go."""
