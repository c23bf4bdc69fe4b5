"""A receiver of webhooks in Flask: ``WEBHOOK_SECRETS=... python flask_receiver.py 9000 inbox.db``.

It verifies with ``vectis_core.signing``, which whoever has Vectis installed has too.
The inbox, which keeps what came and handles it afterwards, is that of ``receiver.py``.
"""

import sys
import threading

from flask import Flask, request
from receiver import LONGEST, SECRETS, Inbox
from werkzeug.serving import make_server

from vectis_core.signing import verify


def create_app(inbox):
    """Return the application; in production a server such as gunicorn runs it."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST

    @app.post("/hook")
    def receive():
        body = request.get_data()  # the raw body: decoded and written again it may have other bytes
        signature = request.headers.get("X-Webhook-Signature", "")
        timestamp = request.headers.get("X-Webhook-Timestamp", "")
        if not verify(body, signature=signature, timestamp=timestamp, secret=SECRETS):
            return "", 401
        inbox.put(body)
        return "", 204

    return app


def main():
    """Listen until it is interrupted."""
    inbox = Inbox(sys.argv[2])
    inbox.news.set()
    server = make_server("127.0.0.1", int(sys.argv[1]), create_app(inbox), threaded=True)
    print("listening", server.port, flush=True)
    threading.Thread(target=inbox.work, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
