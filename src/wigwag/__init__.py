"""wigwag: a WhatsApp server for your own programs."""

__version__ = "0.1.0"
