"""The running server: its processes, its transports, its watcher."""
