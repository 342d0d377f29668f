"""What the rules decided about each resource, with their reasons, as plain data and as text for people."""
