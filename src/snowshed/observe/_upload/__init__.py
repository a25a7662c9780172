"""Profiles on their way to a directory or a server, from a thread of their own."""
