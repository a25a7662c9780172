"""What `snowshed lint` finds, what it says without need, and what it takes, beside its goals."""
