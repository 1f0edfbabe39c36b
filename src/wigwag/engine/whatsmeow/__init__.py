"""The whatsmeow engine: each account in a child process of its own, over the package neonize."""
