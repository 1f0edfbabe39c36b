"""The server of the emulated network: plain state, without sockets."""
