"""`retrace-train`: fit, rank, evaluate, promote."""

import typer

from service.command import run
from training.commands import fit, judge, serve, world

app = typer.Typer(
    help="Fits, judges and publishes Retrace's models.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command()(fit.fit)
app.command()(fit.rank)
app.command()(judge.evaluate)
app.command("evaluate-text")(judge.evaluate_text)
app.command()(judge.leaderboard)
app.command()(serve.card)
app.command()(serve.promote)
app.command()(serve.rollback)
app.command()(serve.monitor)
app.command()(world.world)


def main() -> None:
    """Run the command line: exit 0 on success, 1 with one line on a user's error, 2 on wrong usage."""
    run(app, "retrace-train", _expected)


def _expected() -> tuple[type[Exception], ...]:
    """The errors besides Retrace's own whose words are meant for users."""
    from models.contract import ModelError

    return (ModelError,)


if __name__ == "__main__":
    main()
