"""The sockets of the emulated network: one port for proxy, TLS, chat and media."""
