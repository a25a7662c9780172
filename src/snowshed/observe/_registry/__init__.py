"""Who made each task, how many of them live, and how those that are gone have ended."""
