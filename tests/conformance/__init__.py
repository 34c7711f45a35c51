"""The recorded cluster and its answers."""
