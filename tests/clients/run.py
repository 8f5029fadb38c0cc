"""Runs one scenario, `file.function`, against the server that the second argument describes.

Standard output carries lines of JSON; the last is the verdict. A scenario that fails says what the
library saw on the wire before.
"""

import asyncio
import collections
import importlib
import json
import logging
import sys
import traceback

from world import World, say

# A hang would keep the test waiting; every wait inside a scenario is much shorter.
WHOLE = 80


class Recent(logging.Handler):
    """The last stanzas of all clients, as the library logs them."""

    def __init__(self):
        super().__init__()
        self.lines = collections.deque(maxlen=40)

    def emit(self, record):
        line = record.getMessage()
        if line.startswith(("SEND", "RECV")) or record.levelno >= logging.WARNING:
            self.lines.append(line[:2000])


async def main(scenario, place):
    module, function = scenario.split(".")
    async with World(json.loads(place)) as world:
        await asyncio.wait_for(getattr(importlib.import_module(module), function)(world), WHOLE)


recent = Recent()
logging.basicConfig(level=logging.DEBUG, handlers=[recent])
try:
    asyncio.run(main(*sys.argv[1:]))
    say({"verdict": "passed"})
except BaseException:
    say({"failed": traceback.format_exc() + "\n".join(recent.lines)})
    sys.exit(1)
