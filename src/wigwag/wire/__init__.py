"""The WhatsApp Web protocol without I/O: frames, noise, nodes, pairing, signal, content."""
