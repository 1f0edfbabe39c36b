"""The connection of one account: socket, Noise stream, pairing, login, reconnecting."""
