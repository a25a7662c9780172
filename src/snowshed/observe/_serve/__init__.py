"""A small server for the debug pages, in a thread, on a Unix socket and a port."""
