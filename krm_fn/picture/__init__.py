"""The delegated gateways of a package as a graph: built from what the rules decided, drawn in several formats."""
