"""What runs inside the service: scopes, budgets, deadlines, semaphores, channels, pools."""
