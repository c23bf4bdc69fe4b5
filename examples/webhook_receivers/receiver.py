"""A receiver of webhooks in Python's standard library alone: ``WEBHOOK_SECRETS=... python receiver.py 9000 inbox.db``.

It believes nothing that is not signed, keeps what came and answers at once, and does the work afterwards: each event
once, and no old news.
"""

import hashlib
import hmac
import json
import logging
import os
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: One, or two while one replaces the other, with a space between them.
SECRETS = os.environ["WEBHOOK_SECRETS"].split()
LONGEST = 1_000_000
TOLERANCE = 300

_logger = logging.getLogger("receiver")

TABLES = """
CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, body TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS latest (subject TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
"""


def is_genuine(headers, body):
    """Return whether the request was signed with one of our secrets within the last five minutes."""
    timestamp = headers.get("X-Webhook-Timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    given = headers.get("X-Webhook-Signature", "").encode()
    signed = timestamp.encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in SECRETS]
    return any(hmac.compare_digest(each, given) for each in expected)


class Inbox:
    """What came, in a file: who has answered 204 must not forget it when the power fails."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.executescript(TABLES)
        self.mutex = threading.Lock()
        self.news = threading.Event()

    def put(self, body):
        """Keep an event; one that is there already stays as it is."""
        event_id = json.loads(body)["id"]
        with self.mutex:
            self.database.execute("INSERT OR IGNORE INTO inbox (id, body) VALUES (?, ?)", (event_id, body.decode()))
        self.news.set()

    def work(self):
        """Handle what came, for ever; after a crash it goes on where it was."""
        while True:
            self.news.wait()
            self.news.clear()
            with self.mutex:
                waiting = self.database.execute("SELECT id, body FROM inbox WHERE NOT done ORDER BY rowid").fetchall()
            for event_id, body in waiting:
                try:
                    self.handle_once(event_id, json.loads(body))
                except Exception:
                    # It stays in the inbox, is tried again when something else comes, and holds up nothing else.
                    _logger.exception("event %s was not handled", event_id)

    def handle_once(self, event_id, event):
        """Handle an event and remember that we have, both or neither; old news is only remembered."""
        subject = next(event["data"][key] for key in ("orderId", "inventoryId", "webhookId") if key in event["data"])
        # The connection as a context commits at its end, and rolls back after an error.
        with self.mutex, self.database:
            self.database.execute("BEGIN IMMEDIATE")
            found = self.database.execute("SELECT sequence FROM latest WHERE subject = ?", (subject,)).fetchone()
            if found is None or event["sequence"] > found[0]:
                handle(event)
                self.database.execute("REPLACE INTO latest VALUES (?, ?)", (subject, event["sequence"]))
            self.database.execute("UPDATE inbox SET done = 1 WHERE id = ?", (event_id,))


def handle(event):
    """Do what the event is for; what it writes belongs into the same database, in the same transaction."""
    print("handled", event["event"], event["id"], event["sequence"], flush=True)


class Receiver(BaseHTTPRequestHandler):
    """Takes one request after another over each connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        """Verify, keep, answer."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LONGEST:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_genuine(self.headers, body):
            return self.answer(401)
        self.server.inbox.put(body)
        return self.answer(204)

    def answer(self, status):
        """Answer with a status and nothing else."""
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing: what matters is in the database."""


def main():
    """Listen until it is interrupted."""
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    server.inbox = Inbox(sys.argv[2])
    server.inbox.news.set()
    print("listening", server.server_port, flush=True)
    threading.Thread(target=server.inbox.work, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
