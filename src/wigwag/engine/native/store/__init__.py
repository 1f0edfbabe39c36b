"""whatsapp.db: the engine's own durable state, for all accounts of the process."""
