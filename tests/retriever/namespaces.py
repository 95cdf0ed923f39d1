"""Whether a test may have a network or a disk of its own, which Linux gives by namespaces."""

import subprocess

import pytest

HAS_NAMESPACES = subprocess.run(["unshare", "-rmn", "true"], capture_output=True, check=False).returncode == 0
needs_namespaces = pytest.mark.skipif(not HAS_NAMESPACES, reason="needs `unshare -rmn`, which this system refuses")
