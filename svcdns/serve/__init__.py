"""The running server: a supervisor, one watcher, and workers; each a process of its own."""
