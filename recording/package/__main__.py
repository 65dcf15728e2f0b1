"""The verifier as a program: `python -m recording.package`, or the single file that tools/verifier.py makes."""

import sys

from recording.package.cli import main

if __name__ == "__main__":
    sys.exit(main())
