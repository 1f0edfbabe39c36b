"""The asyncio engine on wigwag.wire: one WhatsApp companion device per account."""
