"""Define the command `serve`: the front desk in a browser."""

from __future__ import annotations

from typing import Any

import click

from teachback.cli.command_help import GroupedCommand
from teachback.cli.options import chosen, setting_options


@click.command("serve", cls=GroupedCommand)
@setting_options(
    "paper", "ink", "size", "language", "stock", "sides", "printer", "archive", "dates"
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, metavar="N", help="Listen at this port."
)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option(
    "--clear-after",
    type=click.IntRange(0, 240),
    metavar="MINUTES",
    default=10,
    help="Clear what was typed after so many minutes without a key; 0: never.",
)
def serve_command(port: int, no_browser: bool, clear_after: int, **_: Any) -> None:  # noqa: ANN401, FBT001 -- what click parsed
    """Print from a browser: find a topic, type a name, look, print."""
    from teachback.serving.server import ServeOrder, serve_desk

    settings, workspace = chosen()
    order = ServeOrder(port=port, browser=not no_browser, clear_after=60 * clear_after)
    serve_desk(settings, workspace, order, click.echo)


COMMANDS = (serve_command,)
