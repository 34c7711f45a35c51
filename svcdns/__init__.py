"""svcdns: a DNS server for service discovery in Kubernetes."""

__version__ = "0.1.0"
