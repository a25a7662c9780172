"""What snowshed costs, beside the raw loop and beside the libraries that do similar things.

``python -m benchmarks`` measures and prints a table, ``docs/reference/benchmarks.md`` says how to
read it. One file per area; each lists its sections for one kind of event loop.
"""
