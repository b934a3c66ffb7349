"""A web server on loopback that serves a folder with ranges, and makes the faults that tests ask for."""
import contextlib
import email.utils
import hashlib
import html
import http.server
import pathlib
import re
import socket
import threading
import time
import urllib.parse


class Web:
    """What a server serves, how, and what it was asked.

    `faults` are taken from its front, one a request that they fit: (substring of the path, kind). Kinds: a status as a
    number, or with headers as a pair; 'cut' (the connection ends in the middle of the body), 'slow' (no answer for `delay` seconds),
    'trickle' (the body comes in pieces over `delay` seconds), 'reset', 'trim' (the body of a range ends 500 bytes before what its header
    says), 'shift' (a range says that it begins one byte later), 'whole' (a range is not heeded), 'retag' (the entity tags change for
    good), 'move' (to the same path at `elsewhere`), 'away' (nobody listens for `delay` seconds). `cap` is the most that one range
    brings, `stars` leaves its total out.
    """

    def __init__(self, folder, host="127.0.0.1", port=0):
        self.folder = pathlib.Path(folder)
        self.host, self.port = host, port
        self.server, self.ended, self.turn = None, False, threading.Lock()
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
        self.elsewhere = None
        self.edition = 0
        self.answers = {}
        self.requests = []
        self.sent = 0
        self.lock = threading.Lock()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}/{path}"

    def go_away(self):
        """Refuses connections for `delay` seconds; those that are open end."""

        def back():
            time.sleep(self.delay)
            listen(self)

        threading.Thread(target=lambda: (hush(self), back()), daemon=True).start()

    def fault(self, path):
        with self.lock:
            for i, (part, kind) in enumerate(self.faults):
                if part in path:
                    del self.faults[i]
                    return kind
            return self.random(path) if self.random else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kind = None

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=(), length=None):
        kind, self.kind = self.kind, None
        if status == 206 and kind == "trim":
            body = body[:-500]
        if status == 206 and kind == "shift":
            headers = [(n, re.sub(r"\d+", lambda m: str(int(m[0]) + 1), v, count=2) if n == "Content-Range" else v) for n, v in headers]
        isCut = kind == "cut" and len(body) > 0
        if isCut:
            length, body = len(body), body[:len(body) // 2]
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            pieces = 8 if kind == "trickle" else 1
            step = max(1, -(-len(body) // pieces))
            for at in range(0, len(body), step):
                if kind == "trickle":
                    time.sleep(self.server.web.delay / pieces)
                self.wfile.write(body[at:at + step])
            with self.server.web.lock:
                self.server.web.sent += len(body)
        if isCut:
            self.close_connection = True
            self.wfile.flush()
            self.connection.close()

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
        self.kind = None
        kind = web.fault(path)
        if kind == "slow":
            time.sleep(web.delay)
        elif kind in ("reset", "away"):
            if kind == "away":
                web.go_away()
            self.close_connection = True
            self.connection.close()
            return
        elif kind == "whole":
            del self.headers["Range"]
        elif kind == "retag":
            web.edition += 1
        elif kind == "move":
            # What the address was signed with is not handed on.
            isSigned = web.query is not None or "X-Amz-" in address.query
            return self.reply(302, b"", [("Location", web.elsewhere + (self.path.split("?")[0] if isSigned else self.path))])
        elif isinstance(kind, int):
            return self.reply(kind, b"fault")
        elif isinstance(kind, tuple):
            return self.reply(kind[0], b"fault", kind[1])
        self.kind = kind
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
                return self.reply(301, b"", [("Location", path + "/" + ("?" + address.query if address.query else ""))])
            names = sorted(p.name + ("/" if p.is_dir() else "") for p in file.iterdir())
            page = "".join(f'<a href="{urllib.parse.quote(n)}">{n}</a>\n' for n in names)
            return self.reply(200, f'<html><a href="../">up</a>\n{page}</html>'.encode(), [("Content-Type", "text/html")])
        if not file.is_file():
            return self.reply(404, b"nothing")
        size = file.stat().st_size
        headers = [("Last-Modified", email.utils.formatdate(int(file.stat().st_mtime), usegmt=True))]
        if web.etags:
            headers.append(("ETag", '"%s"' % hashlib.md5(f"{size} {file.stat().st_mtime_ns} {web.edition}".encode()).hexdigest()))
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
        try:
            self.reply(status, content, headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *words):
        super().__init__(*words)
        self.open = set()

    def process_request(self, request, address):
        self.open.add(request)
        super().process_request(request, address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_):
        pass


def listen(web):
    """Answers for a `Web`, at its port where it has one."""
    with web.turn:
        if web.server is not None or web.ended:
            return
        web.server = server = Server((web.host, web.port), Handler)
        server.web = web
        web.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()


def hush(web):
    """Answers no longer."""
    with web.turn:
        server, web.server = web.server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for request in list(server.open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(folder, host="127.0.0.1", port=0):
    """A `Web` that serves a folder until the block ends."""
    web = Web(folder, host, port)
    listen(web)
    try:
        yield web
    finally:
        web.ended = True
        hush(web)


def bucket(web, name):
    """Answers for a bucket of an object store (S3, path style): `name` is a folder of the served one. Signatures are not looked at."""

    def answer(handler, query, _):
        asked = dict(urllib.parse.parse_qsl(query))
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter")
        files, folders = [], set()
        for file in sorted(p for p in (web.folder / name).rglob("*") if p.is_file()):
            key = file.relative_to(web.folder / name).as_posix()
            if not key.startswith(prefix):
                continue
            rest = key[len(prefix):]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
            else:
                files.append(f"<Contents><Key>{html.escape(key)}</Key><LastModified>2019-03-02T00:00:00.000Z</LastModified>"
                             f"<Size>{file.stat().st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>")
        text = "".join(files) + "".join(f"<CommonPrefixes><Prefix>{html.escape(f)}</Prefix></CommonPrefixes>" for f in sorted(folders))
        page = ('<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<Name>{name}</Name><Prefix>{html.escape(prefix)}</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{text}"
                "</ListBucketResult>")
        return 200, [("Content-Type", "application/xml")], page.encode()

    web.listings = False
    web.answers[f"/{name}"] = web.answers[f"/{name}/"] = answer
