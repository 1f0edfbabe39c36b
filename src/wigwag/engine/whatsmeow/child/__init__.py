"""The child process of one account: the only place that knows the package neonize.

It knows nothing of `wigwag.wire`: both bring message classes of the same protocol.
"""
