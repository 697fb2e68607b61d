"""What the reliability tests share stands beside them, also for the commands among them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
