"""Adds the data plane in C to what `pip install` installs, where there is a C compiler; pyproject.toml has the rest."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))

from media.native.build import CannotBuild, build


class BuildWithPlane(build_py):
    """Builds the shared object into the package. Without a compiler the engine in Python does the work."""

    def run(self) -> None:
        """Build."""
        super().run()
        try:
            build(folder=Path(self.build_lib) / "media" / "native")
        except CannotBuild as reason:
            self.warn(f"the data plane in C is left out: {reason}")


class WheelOfPlatform(bdist_wheel):
    """The shared object knows no Python, so one wheel serves every version of it, on one platform."""

    def finalize_options(self) -> None:
        """Mark it as made for this platform."""
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        """Any Python 3, no ABI, this platform."""
        return "py3", "none", super().get_tag()[2]


setup(cmdclass={"build_py": BuildWithPlane, "bdist_wheel": WheelOfPlatform})
