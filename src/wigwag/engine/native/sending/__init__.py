"""From an outgoing message to an acknowledged stanza."""
