"""Git: a repository that is made of files in memory."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from kb.errors import RepositoryError
from kb.git_process import GitProcess, GitProcessError


def write_repository(folder: Path, files: Mapping[str, bytes], *, at: datetime) -> None:
    """Make a bare repository whose one commit, on `main`, holds these files: path → content. The same files, the same commit.

    at: when the commit says it was made (aware). Raises RepositoryError if the folder cannot be written.
    """
    stamp = f"{int(at.timestamp())} +0000"
    try:
        process = GitProcess.bare(folder)
        with TemporaryFile() as stream:
            stream.write(f"commit refs/heads/main\ncommitter kb <kb@localhost> {stamp}\ndata 0\n".encode())
            for path, content in files.items():
                stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
            stream.seek(0)
            process.output("fast-import", "--quiet", stdin=stream)
        process.close()
    except (GitProcessError, OSError) as error:
        raise RepositoryError(f"{folder}: the repository cannot be written: {error}. Free some space there.") from None
