"""The tests; a package, so that `tests/dns` never hides dnspython's `dns`."""
