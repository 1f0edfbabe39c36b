"""The use cases: what happens to a message on its way in and out. Works against ports only."""
