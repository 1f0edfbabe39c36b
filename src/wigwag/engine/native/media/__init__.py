"""Media files to and from WhatsApp's hosts."""
