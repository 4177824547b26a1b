"""Opens pages that --export-html wrote in a real browser, and uses their keys: python .ci/page.py BROWSER PAGE...

Where axe-core lies in target/axe, it looks at each page in both themes, too.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import websocket


class Browser:
    """Chromium without a window, by its debugging protocol."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--remote-allow-origins=*"]
        self.process = subprocess.Popen(
            [program, *flags, f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stderr:
            if line.startswith("DevTools listening on "):
                break
        self.socket = websocket.create_connection(line.split()[-1], suppress_origin=True, timeout=60)
        self.count, self.complaints, self.session = 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Runtime", "Log", "Page"]:
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(json.dumps(answer["params"])[:300])
            if answer.get("id") == self.count:
                assert "error" not in answer, answer
                return answer["result"]

    def js(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, text):
        begun = time.monotonic()
        while not self.js(text):
            assert time.monotonic() - begun < 60, f"never: {text}"
            time.sleep(0.02)

    def open(self, url):
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && document.querySelectorAll('#shows input').length > 0")
        self.frame()

    def frame(self):
        self.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, key):
        text = key if len(key) == 1 else ""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text=text)
        self.frame()

    def hash(self):
        return dict(part.split("=", 1) for part in self.js("location.hash.slice(1)").split("&") if part)

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def check(browser, page):
    url = pathlib.Path(page).resolve().as_uri()
    begun = time.monotonic()
    browser.open(url)
    opened = time.monotonic() - begun
    browser.js("document.getElementById('lanes').focus()")
    # Events, forwards and back.
    for _ in range(2):
        browser.press(".")
    second = float(browser.hash()["t"])
    browser.press(",")
    assert float(browser.hash()["t"]) < second, "a step back"
    assert browser.js("document.getElementById('told').textContent").strip(), "what happens is told"
    # The view.
    browser.press("w")
    low, high = map(float, browser.hash()["view"].split(","))
    browser.press("d")
    assert list(map(float, browser.hash()["view"].split(",")))[0] > low, "moved to the right"
    browser.press("f")
    assert "view" not in browser.hash(), "all of it fits"
    # A lane, by keys and by its label.
    browser.press("ArrowDown")
    assert browser.hash()["lane"] == "0.0"
    browser.press("/")
    assert browser.js("document.activeElement.id") == "find"
    browser.press("Escape")
    browser.press("g")
    assert browser.js("document.activeElement.id") == "goto"
    browser.js("document.activeElement.value = '1ms'; document.activeElement.dispatchEvent(new Event('change'))")
    assert float(browser.hash()["t"]) == 0.001
    # The line of a task that is polled is lit.
    poll = "JSON.parse(document.getElementById('data').textContent)[0].report.strategies[0].tasks[0].polls[0].start_s"
    browser.js(f"const go = document.getElementById('goto'); go.value = ({poll} * 1e9).toFixed(0) + 'ns'; go.dispatchEvent(new Event('change'))")
    browser.frame()
    assert browser.js("document.querySelectorAll('.lit').length") > 0
    # It plays, and stops.
    browser.js("document.getElementById('speed').value = '0.01'; document.getElementById('lanes').focus()")
    browser.press(" ")
    browser.until("document.getElementById('play').getAttribute('aria-label') === 'Pause'")
    at = float(browser.hash()["t"])
    browser.until(f"parseFloat(document.getElementById('now').textContent) > {at}")
    browser.press(" ")
    assert browser.js("document.getElementById('play').getAttribute('aria-label')") == "Play"
    # What is seen is in the address.
    browser.js("document.querySelector('#shows input').click()")
    browser.press("f")
    kept = browser.js("location.href")
    before = browser.hash()
    browser.open(kept)
    assert browser.hash() == before and browser.js("document.querySelector('#shows input').checked") is False
    # The same numbers, as a table.
    browser.js("document.querySelector('details[data-table]').open = true")
    browser.until("document.querySelector('details tbody').rows.length > 0")
    # Nothing was refused, and nothing failed.
    assert not browser.complaints, browser.complaints
    print(f"{page}: opened in {opened:.2f} s, {browser.js('document.documentElement.outerHTML.length')} characters")


def accessible(browser, page):
    axe = pathlib.Path("target/axe/node_modules/axe-core/axe.min.js")
    if not axe.exists():
        print(f"{page}: axe-core is not here and was not asked")
        return
    for theme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        browser.open(pathlib.Path(page).resolve().as_uri())
        browser.js(axe.read_text() + "; true")
        found = browser.js(
            "axe.run(document, {preload: false, resultTypes: ['violations']}).then(result => result.violations"
            ".filter(it => ['serious', 'critical'].includes(it.impact))"
            ".map(it => it.id + ' at ' + it.nodes.map(node => node.target).slice(0, 3).join(', ')))"
        )
        assert found == [], f"{page}, {theme}: {found}"


program, *pages = sys.argv[1:]
browser = Browser(program)
try:
    for page in pages:
        check(browser, page)
        accessible(browser, page)
finally:
    browser.close()
