"""The composition root: the only room that chooses the parts and knows them all."""

from wigwag.app.keys import make_key
from wigwag.app.server import running_server, serve
from wigwag.app.standalone import guarded_control, serve_sandbox

__all__ = ("guarded_control", "make_key", "running_server", "serve", "serve_sandbox")
