"""The asynchronous client; `wigwag.client.synchronous` is made from it."""
