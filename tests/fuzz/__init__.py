"""Hostile input for everything that parses: `make fuzz` for as long as wanted, `make test` a short part."""
