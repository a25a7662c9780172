"""All tasks and threads at one moment: their states, stacks and what they wait for."""
