"""JupyterLab starts for whoever asks for it."""

from lib.scripts import lab


def test_root_is_allowed_where_the_user_is_root(monkeypatch):
    monkeypatch.setattr(lab.os, "geteuid", lambda: 0)
    assert "--allow-root" in lab.command([])
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000)
    assert "--allow-root" not in lab.command([]) and lab.command(["--no-browser"])[-1] == "--no-browser"
