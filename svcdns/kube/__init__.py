"""Kubernetes objects and the rules of its control plane; knows nothing of DNS."""
