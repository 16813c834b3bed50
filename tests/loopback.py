"""A small web server on this machine, whose mirrors are good, broken or dead in known ways."""

import os
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Serve /<behaviour>/<name>: each behaviour is a mirror of its own."""

    def do_GET(self):
        _, behaviour, name = self.path.split("/", 2)
        self.server.requests.append((behaviour, name))
        content = self.server.files[name]
        getattr(self, f"serve_{behaviour}")(content)

    def send(self, content, length=None, status=200):
        self.send_response(status)
        if length is not False:
            self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def serve_good(self, content):
        self.send(content)

    def serve_truncated(self, content):
        """Promise more than is sent, and close in good order."""
        self.send(content[: len(content) // 2], len(content))

    def serve_unlabelled(self, content):
        """Promise no length, and send half."""
        self.send(content[: len(content) // 2], False)

    def serve_dying(self, content):
        """Reset the connection half-way, as a dropped line does."""
        self.send(content[: len(content) // 2], len(content))
        time.sleep(0.1)  # Windows throws away what had not been read before a reset
        at_once = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.connection.close()

    def serve_altered(self, content):
        """Send as many bytes, one of them wrong."""
        middle = len(content) // 2
        self.send(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])

    def serve_portal(self, content):
        """Send a page to log in with, as a hotel's network does."""
        self.send(b"<html>Please log in.</html>")

    def serve_empty(self, content):
        self.send(b"")

    def serve_missing(self, content):
        self.send(b"not here", status=404)

    def serve_failing(self, content):
        self.send(b"out of order", status=500)

    def serve_silent(self, content):
        """Send nothing until the other side gives up."""
        self.server.closing.wait(20)

    def serve_stalling(self, content):
        """Send half, then nothing until the other side gives up."""
        self.send(content[: len(content) // 2], len(content))
        self.server.closing.wait(20)

    def log_message(self, *arguments):
        """Write nothing to stderr."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.requests, self.closing = files, [], threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.closing.set()
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request, client_address):
        """A client that went away is no fault here."""

    def mirror(self, behaviour):
        """Return the address of a mirror that behaves so."""
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


def dead_mirror():
    """Return the address of a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/dead/"
