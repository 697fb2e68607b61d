"""What the three steps of the benchmark are when written by hand on ``requests``.

The same calls as Penstock makes, in the same order, without a journal and without checks.
"""

import sys

import requests

url = sys.argv[1]
session = requests.Session()
session.auth = ("release-bot", "sandbox-token")
