"""The true life of every task: who made it, in which state it is, what it waits for."""
