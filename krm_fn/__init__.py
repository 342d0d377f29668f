"""krm-fn: a KRM function that writes into manifests what the Kuma service mesh would do at run time."""

__version__ = "0.1.0"
