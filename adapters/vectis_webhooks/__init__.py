"""Sends webhooks over HTTP: nowhere but to public addresses, never after a redirect, never for longer than told."""

from vectis_webhooks.transport import HttpTransport, open_transport

__all__ = ["HttpTransport", "open_transport"]
