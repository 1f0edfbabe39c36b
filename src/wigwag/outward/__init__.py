"""Asking other servers over HTTP: whom one may connect to, and what is read from there."""
