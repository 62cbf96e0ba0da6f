"""Define the command `serve`: the front desk in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from teachback.cli.command_help import GroupedCommand
from teachback.cli.options import chosen, meant_cells, release_option, setting_options
from teachback.cli.output import print_problems
from teachback.errors import UsageError

_PATH = click.Path(path_type=Path)


@click.command("serve", cls=GroupedCommand)
@setting_options(
    *("paper", "ink", "size", "language", "stock", "sides", "printer", "offset", "back-offset"),
    *("archive", "dates", "jobs"),
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, metavar="N", help="Listen at this port."
)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option(
    "--open",
    "handout",
    metavar="HANDOUT",
    default="",
    show_default="the front desk",
    help="Open the pages of a handout as you write it.",
)
@click.option(
    "--editor",
    type=click.Choice(["vscode", "vscodium", "cursor", "zed", "idea", "none"]),
    default="none",
    help="On this machine: open a line of these pages in this editor.",
)
@click.option(
    "--clear-after",
    type=click.IntRange(0, 240),
    metavar="MINUTES",
    default=10,
    help="Clear what was typed after so many minutes without a key; 0: never.",
)
@click.option(
    "--printer-queue",
    metavar="NAME",
    default="",
    show_default="the browser's dialog",
    help="Let desks print straight into this queue of this machine.",
)
@release_option
@click.option("--lan", is_flag=True, help="Serve other machines too, with TLS and named people.")
@click.option(
    "--name",
    "names",
    metavar="HOST",
    multiple=True,
    help="With --lan: a name by which browsers reach this machine; may be repeated.",
)
@click.option("--tls-cert", type=_PATH, metavar="FILE", help="The certificate, with --lan.")
@click.option("--tls-key", type=_PATH, metavar="FILE", help="The certificate's key.")
@click.option(
    "--behind-proxy",
    metavar="ADDRESS",
    default="",
    show_default=False,
    help="Serve through a proxy on this machine, which browsers reach at this https address.",
)
@click.option(
    "--lock-after",
    type=click.IntRange(0, 720),
    metavar="MINUTES",
    default=10,
    help="Log a person out after so many minutes without a question; 0: never.",
)
@click.option("--add-person", metavar="NAME", help="Let somebody in by name; asks for a password.")
@click.option("--remove-person", metavar="NAME", help="Let somebody in no longer.")
def serve_command(port: int, names: tuple[str, ...], **flags: Any) -> None:  # noqa: ANN401 -- what click parsed
    """Print from a browser: find a topic, type a name, look, print."""
    from teachback.serving.log_in import save_person
    from teachback.serving.print_audit import state_folder
    from teachback.serving.server import NetworkOrder, ServeOrder, serve_desk

    settings, workspace = chosen()
    if flags["add_person"] is not None:
        prompt = "Password (10 characters or more)"
        password = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
        save_person(state_folder(workspace.root), flags["add_person"], password)
        click.echo(f"{flags['add_person']} may enter. A running desk must be started again.")
        return
    if flags["remove_person"] is not None:
        save_person(state_folder(workspace.root), flags["remove_person"], None)
        click.echo(f"{flags['remove_person']} may not enter. A running desk must be started again.")
        return
    on_network = flags["lan"] or flags["behind_proxy"]
    if not on_network and (names or flags["tls_cert"] or flags["tls_key"]):
        message = "--name, --tls-cert and --tls-key work only with --lan"
        raise UsageError.of(message, "Add --lan, or leave them out.")
    if flags["lan"] and flags["behind_proxy"]:
        message = "--lan and --behind-proxy cannot be combined"
        hint = "Leave --lan out: behind a proxy, only the proxy reaches this program."
        raise UsageError.of(message, hint)
    network = NetworkOrder(names, flags["tls_cert"], flags["tls_key"], flags["behind_proxy"])
    order = ServeOrder(
        port=port,
        browser=not flags["no_browser"],
        queue=flags["printer_queue"],
        clear_after=60 * flags["clear_after"],
        lock_after=60 * flags["lock_after"],
        network=network if on_network else None,
        handout=flags["handout"],
        editor=flags["editor"],
        meant=meant_cells(),
    )
    serve_desk(settings, workspace, order, click.echo, print_problems)


COMMANDS = (serve_command,)
