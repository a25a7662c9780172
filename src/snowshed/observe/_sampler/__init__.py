"""What a service does, looked at all the time: stacks, blocked loops, profiles of both."""
