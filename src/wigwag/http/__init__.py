"""The HTTP interface: access rules, one routes module per noun, the two classic endpoints."""
