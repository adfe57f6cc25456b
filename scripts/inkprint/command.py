"""What every stage's command line does: read the recipe, find out if there is work, say what is wrong.

python scripts/02_prepare.py RECIPE [--force] [--plan] [--after STAGE]
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from inkprint.artifacts import NUMBERS, Stage
from inkprint.errors import UserError
from inkprint.recipe import ROOT, Recipe
from inkprint.recipe_file import load_recipe

if TYPE_CHECKING:
    from inkprint.console import Output

# What the machine, not the program, has wrong.
MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}


@dataclass
class Command:
    """One call of a stage script."""

    script: Path
    recipe_path: Path
    recipe: Recipe
    run_folder: Path
    force: bool
    plan: bool
    after: str | None  # with --plan: the stage before, which will run
    options: argparse.Namespace  # all of the command line, with what a stage adds to it
    output: Output | None = None
    _lock: Any = field(default=None, repr=False)

    def again(self) -> list[str]:
        """What starts this very command in another process."""
        force = ["--force"] if self.force else []
        return [sys.executable, str(self.script), str(self.recipe_path), *force]

    def inputs(self, *names: str) -> dict[str, Path]:
        """Files of earlier stages by name, `02_prepare/passages.jsonl`."""
        return {name: self.run_folder / name for name in names}

    def settled(self, stage: Stage, check: Callable[[], None] | None = None) -> bool:
        """True when there is nothing (more) to do; says why. False: the caller does the work.

        `check` looks cheaply for what would make the work fail; it is called only when there is work.
        """
        title = f"{NUMBERS[stage.name]} {stage.name:<11}"
        fresh, why = stage.state()
        if self.plan:
            print(
                title,
                _plan_line(stage, fresh and not self.force, "--force" if self.force else why, self.after),
            )
            return True
        if fresh and not self.force:
            print(title, why)
            return True
        if check is not None:
            check()
        self.check_inputs(stage)
        self._take_lock()
        if not self.force and (other := stage.reuse()):
            print(title, f"taken over from run {other}, which has the same inputs and settings")
            return True
        self._open_output(stage)
        print(title, "redone by --force" if fresh else why, flush=True)
        return False

    def begin(self, stage: Stage) -> None:
        """For work that is not the stage's result: the run is this process's, and there is a voice."""
        self.check_inputs(stage)
        self._take_lock()
        self._open_output(stage)

    def working(self) -> Output:
        """The stage's voice; there once `settled` said False, or after `begin`."""
        assert self.output is not None
        return self.output

    def check_inputs(self, stage: Stage) -> None:
        """Raise UserError for an input that is not there, with what makes it."""
        for path in stage.absent.values():
            raise UserError(f"{path}: not there")
        for name, path in stage.inputs.items():
            maker, _, _ = name.partition("/")
            number, _, made_by = maker.partition("_")
            if not path.exists() and NUMBERS.get(made_by) == number:
                raise UserError(
                    f"{path}: not there; make it with: python scripts/{maker}.py {self.recipe_path}"
                    f" (or all of it: ./run_all.sh {self.recipe_path} --to {made_by})"
                )
            if not path.exists():
                raise UserError(f"{path}: not there")

    def _take_lock(self) -> None:
        self._lock = lock_run(self.run_folder, self.recipe_path)

    def _open_output(self, stage: Stage) -> None:
        from inkprint.console import Output

        self.output = Output(self.run_folder / "logs", stage.name)
        self._keep_recipe()

    def _keep_recipe(self) -> None:
        kept = self.run_folder / "recipe.yaml"
        text = self.recipe_path.read_text(encoding="utf-8")
        if not kept.exists() or kept.read_text(encoding="utf-8") != text:
            partial = kept.with_suffix(".partial")
            partial.write_text(text, encoding="utf-8")
            partial.replace(kept)


def artifacts_folder() -> Path:
    """Where runs live: artifacts/ in the checkout, or INKPRINT_ARTIFACTS.

    As seen from here where it lies below: in a container the checkout has another path than on its host.
    """
    load_environment()
    folder = ROOT / os.environ.get("INKPRINT_ARTIFACTS", "artifacts")
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def lock_run(run_folder: Path, recipe_path: Path) -> IO[str]:
    """Make the run this process's, for as long as the file that is returned stays open."""
    run_folder.mkdir(parents=True, exist_ok=True)
    lock = (run_folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UserError(
            f"{run_folder}: another process works on this run; look with ./run_all.sh {recipe_path} --status"
        ) from None
    return lock


def load_environment() -> None:
    """Read .env. What is already set in the environment wins."""
    if (ROOT / ".env").is_file():
        from dotenv import load_dotenv

        load_dotenv(ROOT / ".env")


def start(
    main: Callable[[Command], None],
    doc: str,
    script: str,
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    """Run a stage's main with the arguments of the command line, and turn mistakes into one line."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path, help="a file under recipes/")
    parser.add_argument("--force", action="store_true", help="run also when the result is up to date")
    parser.add_argument(
        "--plan", action="store_true", help="only say whether it would run, why, and how long"
    )
    parser.add_argument("--after", metavar="STAGE", help="with --plan: an earlier stage that will run before")
    if add_options is not None:
        add_options(parser)
    options = parser.parse_args()
    exit_with(lambda: _run(main, options, Path(script).resolve()), Path(script).name)


def exit_with(action: Callable[[], object], name: str) -> None:
    """Call `action` and leave with its exit code: 0, 2 for what the user can mend, 130 when stopped."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        action()
        # It is done: a Ctrl-C while Python ends, which forgets our handlers, makes no failure of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print(f"{name}: stopped; what is finished is kept, the same command goes on", file=sys.stderr)
        sys.exit(130)


def _run(main: Callable[[Command], None], options: argparse.Namespace, script: Path) -> None:
    recipe = load_recipe(options.recipe)
    command = Command(
        script=script,
        recipe_path=options.recipe,
        recipe=recipe,
        run_folder=artifacts_folder() / recipe.run,
        force=options.force,
        plan=options.plan,
        after=options.after,
        options=options,
    )
    try:
        main(command)
    except BaseException as error:
        problem = as_user_error(error, command.run_folder)
        _leave_word(command, problem or error)
        if problem is not None:
            raise problem from None
        raise
    if command.output is not None:
        command.output.status(state="done")
        command.output.close()


def as_user_error(error: BaseException, folder: Path) -> UserError | None:
    """What the user can mend about an error: a full disk, a folder that cannot be written; else None."""
    if isinstance(error, UserError):
        return error
    text = str(error)
    full = "No space left on device" in text or "os error 28" in text
    if (isinstance(error, OSError) and error.errno in MACHINE_ERRORS) or full:
        where = getattr(error, "filename", None) or folder
        what = "no space left on the disk" if full else (getattr(error, "strerror", None) or text).lower()
        return UserError(f"{where}: {what}; mend that, or let INKPRINT_ARTIFACTS in .env name another folder")
    return None


def _leave_word(command: Command, error: BaseException) -> None:
    """Put the error where --status finds it, and the traceback of a fault of ours into the log."""
    if command.output is None:
        return
    stopped = isinstance(error, KeyboardInterrupt)
    text = "stopped by hand" if stopped else f"{type(error).__name__}: {error}".removeprefix("UserError: ")
    try:
        with command.output.quiet():
            print(text)
            if not isinstance(error, UserError | KeyboardInterrupt):
                traceback.print_exc()
        command.output.status(state="stopped" if stopped else "failed", error=text)
        command.output.close()
    except OSError:  # the disk that is full, or the folder that cannot be written
        pass


def _plan_line(stage: Stage, fresh: bool, why: str, after: str | None) -> str:
    if after is None and fresh:
        return f"skip  {why}"
    from inkprint.console import duration

    seconds = stage.estimate_seconds()
    estimate = "not yet measured here" if seconds is None else f"about {duration(seconds)}"
    reason = f"{after} runs before it" if after is not None and fresh else why
    return f"run   {reason}; {estimate}"


def _stop(_signal: int, _frame: object) -> None:
    # A second signal, as a terminal and a container send it, must not interrupt the cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
