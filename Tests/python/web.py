"""A web server on loopback that serves a folder with ranges, and makes the faults that tests ask for."""
import contextlib
import email.utils
import hashlib
import http.server
import pathlib
import threading
import time
import urllib.parse


class Web:
    """What a server serves, how, and what it was asked.

    `faults` are taken from its front, one a request that they fit: (substring of the path, kind). Kinds: a status as a
    number, 'cut' (the connection ends in the middle of the body), 'slow' (no answer for `delay` seconds), 'reset', 'trim' (the body
    of a range ends 500 bytes before what its header says). `cap` is the most that one range brings, `stars` leaves its total out.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.faults = []
        self.random = None
        self.ranges = True
        self.cap = None
        self.stars = False
        self.listings = True
        self.etags = True
        self.delay = 0.0
        self.lag = 0.0
        self.query = None
        self.user = None
        self.redirect = {}
        self.answers = {}
        self.requests = []
        self.sent = 0
        self.lock = threading.Lock()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}/{path}"

    def fault(self, path):
        with self.lock:
            for i, (part, kind) in enumerate(self.faults):
                if part in path:
                    del self.faults[i]
                    return kind
            return self.random(path) if self.random else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
            with self.server.web.lock:
                self.server.web.sent += len(body)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.serve(body)

    def do_GET(self):
        self.serve(b"")

    def serve(self, body):
        web = self.server.web
        address = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(address.path)
        with web.lock:
            web.requests.append((self.command, path, dict(self.headers), address.query, body))
        if web.lag:
            time.sleep(web.lag)
        kind = web.fault(path)
        if kind == "slow":
            time.sleep(web.delay)
        elif kind == "reset":
            self.close_connection = True
            self.connection.close()
            return
        elif isinstance(kind, int):
            return self.reply(kind, b"fault")
        if web.query is not None and address.query != web.query:
            return self.reply(403, b"unsigned")
        if web.user is not None and self.headers.get("Authorization") != web.user:
            return self.reply(401, b"who")
        if path in web.redirect:
            return self.reply(302, b"", [("Location", web.redirect[path])])
        if path in web.answers:
            answer = web.answers[path]
            told = answer(self, address.query, body) if callable(answer) else (200, [], answer)
            if told is None:  # it answered itself
                return
            status, headers, content = told
            return self.reply(status, content, headers)
        file = web.folder / path.lstrip("/")
        if file.is_dir():
            if not web.listings:
                return self.reply(404, b"no listing")
            if not path.endswith("/"):
                return self.reply(301, b"", [("Location", path + "/")])
            names = sorted(p.name + ("/" if p.is_dir() else "") for p in file.iterdir())
            page = "".join(f'<a href="{urllib.parse.quote(n)}">{n}</a>\n' for n in names)
            return self.reply(200, f'<html><a href="../">up</a>\n{page}</html>'.encode(), [("Content-Type", "text/html")])
        if not file.is_file():
            return self.reply(404, b"nothing")
        size = file.stat().st_size
        headers = [("Last-Modified", email.utils.formatdate(int(file.stat().st_mtime), usegmt=True))]
        if web.etags:
            headers.append(("ETag", '"%s"' % hashlib.md5(f"{size} {file.stat().st_mtime_ns}".encode()).hexdigest()))
        start, end, status = 0, size, 200
        wanted = self.headers.get("Range")
        if web.ranges:
            headers.append(("Accept-Ranges", "bytes"))
            condition = self.headers.get("If-Range")
            if wanted and (condition is None or condition in [value for _, value in headers]):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                start, end, status = int(first), min(size, int(last) + 1) if last else size, 206
                if start >= size:
                    return self.reply(416, b"", [("Content-Range", f"bytes */{size}")])
                end = min(end, start + web.cap) if web.cap else end
                headers.append(("Content-Range", f"bytes {start}-{end - 1}/{'*' if web.stars else size}"))
        with open(file, "rb") as f:
            f.seek(start)
            content = f.read(end - start)
        if kind == "trim" and status == 206:
            content = content[:-500]
        if kind == "cut":
            self.reply(status, content[:len(content) // 2], headers, length=len(content))
            self.close_connection = True
            self.connection.close()
            return
        try:
            self.reply(status, content, headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


@contextlib.contextmanager
def serving(folder, host="127.0.0.1"):
    """A `Web` that serves a folder until the block ends."""
    web = Web(folder)
    server = Server((host, 0), Handler)
    server.web = web
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
