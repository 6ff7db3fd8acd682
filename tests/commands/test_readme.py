"""What the README tells people to type does what it says."""

import base64
import re
import shutil
import subprocess
from hashlib import sha256

import pytest

from tests.forks import ROOT

README = (ROOT / "README.md").read_text()
TIMES = 60


def test_the_pkce_lines_make_a_verifier_and_its_s256_challenge_every_time() -> None:
    """A widely copied snippet deletes characters instead of translating them, and fails most of the time."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    lines = re.findall(r"^(?:verifier|challenge)=.+$", README, re.MULTILINE)
    assert len(lines) == 2
    script = "\n".join([f"for _ in $(seq {TIMES}); do", *lines, 'echo "$verifier $challenge"', "done"])
    made = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout.split()
    pairs = list(zip(made[::2], made[1::2], strict=True))
    assert len(pairs) == TIMES
    for verifier, challenge in pairs:
        assert re.fullmatch(r"[A-Za-z0-9\-_]{43,128}", verifier), verifier
        assert challenge == base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def test_the_paths_it_names_are_there() -> None:
    named = re.findall(r"`((?:models|blueprints|tests|static|templates)/[\w/.\-]+)`|\]\((\w[\w/.\-]+\.png)\)", README)
    for one, other in named:
        path = (one or other).split("/<")[0]
        assert (ROOT / path).exists(), path
