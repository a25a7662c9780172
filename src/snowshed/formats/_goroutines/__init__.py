"""Dumps of goroutines, in parts: what reads and writes each form, and what the states mean.

Nothing is imported here: who reads a profile in protobuf needs the words for states, and no more.
"""
