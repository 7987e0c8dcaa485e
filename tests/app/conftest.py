import io
import json
import logging

import pytest

from app import logs


@pytest.fixture
def json_logs():
    """A call that gives the log lines written since the start of the test."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    logs.configure("json", "INFO", written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)
