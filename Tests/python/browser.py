"""Debian's Chromium without a window, spoken to by its DevTools protocol."""
import base64
import contextlib
import itertools
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import websocket


class Tab:
    def __init__(self, address):
        self.socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self.numbers = itertools.count(1)
        self.events = []

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def wait(self, event):
        while not any(e.get("method") == event for e in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def open(self, path, width, height=900, scheme="light"):
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        self.wait("Page.loadEventFired")

    def run(self, script):
        """The value of an expression in the page; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    @property
    def complaints(self):
        """Errors and warnings of the console, and exceptions."""
        found = []
        for e in self.events:
            if e.get("method") == "Runtime.exceptionThrown":
                found.append(e["params"]["exceptionDetails"]["text"])
            if e.get("method") == "Runtime.consoleAPICalled" and e["params"]["type"] in ("error", "warning"):
                found.append(str(e["params"]["args"]))
            if e.get("method") == "Log.entryAdded" and e["params"]["entry"]["level"] in ("error", "warning"):
                found.append(e["params"]["entry"]["text"])
        return found

    @property
    def requests(self):
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]


@contextlib.contextmanager
def chromium():
    """A function that opens tabs."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is not installed; on Debian: apt-get install chromium"
    with tempfile.TemporaryDirectory() as profile:
        # Without a sandbox: tests run as root in containers, and the only pages are floe's own.
        process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
             "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            told = pathlib.Path(profile) / "DevToolsActivePort"
            until = time.monotonic() + 30
            while not (told.exists() and len(told.read_text().split()) > 1):
                assert time.monotonic() < until and process.poll() is None, "Chromium does not start"
                time.sleep(0.05)
            port, path = told.read_text().split()[:2]

            def tab():
                root = websocket.create_connection(f"ws://127.0.0.1:{port}{path}", timeout=60, suppress_origin=True)
                root.send(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
                while (answer := json.loads(root.recv())).get("id") != 1:
                    pass
                root.close()
                return Tab(f"ws://127.0.0.1:{port}/devtools/page/{answer['result']['targetId']}")

            yield tab
        finally:
            process.terminate()
            process.wait(timeout=20)
