"""What the server does to learn of executions and runs, and how it reaches the store."""
