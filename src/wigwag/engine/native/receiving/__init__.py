"""From a stanza to a durable report: decryption, inbox, receipts, retries."""
