"""What is left of a service in a flood: without control, under rivals, and under snowshed.

``python -m benchmarks.overload`` measures on real sockets, prints a table and writes
``benchmarks/results/overload.json``; ``docs/reference/overload-benchmark.md`` says how to read it.
"""
