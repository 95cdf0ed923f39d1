"""The `kb` command. Each command translates between the terminal and a use case; none works itself."""

import sys

import typer

from api.cli.check import check
from api.cli.eval import evaluate
from api.cli.index import index
from api.cli.new import new
from api.cli.search import search
from api.cli.serve import serve
from api.cli.settings import settings
from api.guidance import NotFoundError, NotGrantedError, RequestError
from api.settings import SettingsError
from kb.errors import ContentError, KbError
from retriever.errors import RetrieverError

app = typer.Typer(
    name="kb",
    help="Fingerpost: the guidance in force for this product, this customer's place and this agent's tier.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (index, serve, search, check, new, settings):
    app.command()(command)
app.command("eval")(evaluate)

FOUND_PROBLEMS = 1
WRONG_USE = 2


def main() -> None:
    """Run the command. A known error is one message and an exit code; a bug keeps its traceback."""
    try:
        app()
    except ContentError as error:
        _stop(f"{error}\n{_counted(len(error.problems))}; nothing was indexed.", FOUND_PROBLEMS)
    except (SettingsError, RequestError, NotGrantedError, NotFoundError, KbError) as error:
        _stop(str(error), WRONG_USE)
    except RetrieverError as error:
        _stop(str(error), FOUND_PROBLEMS)


def _counted(problems: int) -> str:
    return f"{problems} problem{'' if problems == 1 else 's'}"


def _stop(message: str, code: int) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)
