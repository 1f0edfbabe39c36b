"""The values that every room speaks: frozen, without I/O, without protobuf, without SQL."""
