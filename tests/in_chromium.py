"""JupyterLab in Chromium, for tests: a server on a folder and a free port of this machine, and a notebook's page."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from lib.common.files import ROOT, write_json

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed; it is among dev's packages"
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium")
SETTINGS = {
    # Keep cells on the page that are out of sight, and do not ask about news.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
WAIT = 120_000  # ms, so long because the machine may be busy


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def jupyterlab(folder, stem):
    """The address of a notebook of `folder` in a JupyterLab server, which ends with the block, kernels included."""
    for name, settings in SETTINGS.items():
        write_json(folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings", settings)
    port, token = free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}",
               f"--IdentityProvider.token={token}"]  # fmt: skip
    places = {f"JUPYTER_{kind}_DIR": str(folder / f".{kind.lower()}") for kind in ("CONFIG", "RUNTIME")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "WORKBOOK_CACHE": str(folder / "cache")}
    places |= {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    with (folder / "jupyterlab.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | places, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}/lab/tree/{stem}.ipynb?token={token}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                assert server.poll() is None, (folder / "jupyterlab.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)  # the server ends its kernels first
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def page_of(folder, stem, done, **options):
    """The page of a notebook after all cells have run and the text `done` is shown. `options` go to `new_page`."""
    with jupyterlab(folder, stem) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(**{"viewport": {"width": 1400, "height": 1100}} | options)
        page.set_default_timeout(WAIT)
        try:
            page.goto(address)
            page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # the menu changes when the kernel is ready
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            page.get_by_text(done).first.wait_for()
            yield page
            page.screenshot(path=folder / "last.png")
        except BaseException:
            page.screenshot(path=folder / "failed.png")
            raise
        finally:
            browser.close()
