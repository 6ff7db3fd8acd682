"""What must not cost much: patterns that backtrack, nesting that is copied, text that is read again for every character."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cheaply() -> Iterator[None]:
    """What is done inside costs this thread less than a second of the processor; how busy the machine is does not count."""
    before = time.thread_time()
    yield
    assert time.thread_time() - before < 1
