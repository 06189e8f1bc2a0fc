"""The command as `python -m tally`."""

import sys

from tally.command import main

sys.exit(main())
