"""Python imports this module first in every process whose PYTHONPATH begins with its directory."""

import sys
from pathlib import Path

_RECORDER = Path(__file__).parents[1]
sys.path.append(str(_RECORDER))
import recorder  # noqa: E402 - the path was needed first

sys.path.remove(str(_RECORDER))
recorder.record_in_started_process()
