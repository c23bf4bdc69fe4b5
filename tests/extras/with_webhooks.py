"""A webhook is delivered to an endpoint on this machine, and the signature is good."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from vectis_core import AddressRules, Vectis
from vectis_core.signing import verify

SECRET = "a secret of the endpoint"
came = threading.Event()


class Endpoint(BaseHTTPRequestHandler):
    """Takes what is signed well."""

    def do_POST(self):
        """Answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signature, timestamp = self.headers["X-Webhook-Signature"], self.headers["X-Webhook-Timestamp"]
        is_good = verify(body, signature=signature, timestamp=timestamp, secret=SECRET)
        self.send_response(204 if is_good else 400)
        self.end_headers()
        if is_good:
            came.set()

    def log_message(self, *words):
        """Say nothing."""


with HTTPServer(("127.0.0.1", 0), Endpoint) as endpoint:
    threading.Thread(target=endpoint.serve_forever, args=(0.01,), daemon=True).start()
    with Vectis.open("memory://", address_rules=AddressRules(["127.0.0.0/8"])) as oms:
        hook = oms.webhooks.create(f"http://127.0.0.1:{endpoint.server_port}/", ["*"], secret=SECRET)
        with oms.dispatcher():
            oms.webhooks.test(hook.subscription.id)
            assert came.wait(60)
    endpoint.shutdown()
