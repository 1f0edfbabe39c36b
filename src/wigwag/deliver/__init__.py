"""Webhooks: events are posted to the receivers that were named, signed and in order."""
