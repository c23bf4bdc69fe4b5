"""Sends webhooks over HTTP: nowhere but to public addresses, never after a redirect, never for longer than told."""

from vectis_webhooks.addresses import AddressRules
from vectis_webhooks.transport import HttpTransport, open_transport

__all__ = ["AddressRules", "HttpTransport", "open_transport"]
