"""Print the help of commands: options of one kind in a group, and each command's line whole."""

from __future__ import annotations

from typing import Final

import click

# The options of each group, without their dashes. Groups and options are printed in this order.
_GROUPS: Final = {
    "Records": "records name-from audience-from dates encoding dry-run wipe",
    "What to print": "audience language kind format copies start-at combine duplex outline press",
    "Paper and printer": "paper ink size depth stock sides printer offset back-offset",
    "Where it goes": "output archive html sarif report copy open",
    "Before it is printed": "release strict proof force explain",
    "Other machines": "cluster shared-folder tls-ca tls-cert tls-key lan name behind-proxy",
    "People": "add-person remove-person lock-after",
}
_OTHERS: Final = "Other options"
# Fewer options are one list.
_FEW: Final = 6


MEANT: Final = {"print": "build", "preview": "open", "show": "open", "watch": "serve"}


class GroupedCommand(click.Command):
    """A command whose help has its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each group below its heading."""
        rows = {
            param.opts[0].removeprefix("--"): row
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and (row := param.get_help_record(ctx)) is not None
        }
        groups = {
            title: [n for n in names.split() if n in rows] for title, names in _GROUPS.items()
        }
        grouped = {name for names in groups.values() for name in names}
        groups[_OTHERS] = [name for name in rows if name not in grouped]
        if len(rows) <= _FEW:
            groups = {"Options": list(rows)}
        for title, names in groups.items():
            if names:
                with formatter.section(title):
                    formatter.write_dl([rows[name] for name in names])


class CommandGroup(click.Group):
    """A group of commands whose help has the whole line of each."""

    command_class = GroupedCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command. Other programs' words for one are guessed in the error."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            meant = MEANT.get(args[0])
            if meant not in self.commands:
                raise
            message = f"No such command '{args[0]}'. Did you mean '{meant}'?"
            raise click.UsageError(message, ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as Click
        """Write a line for each command, as many lines of the terminal as it needs."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=formatter.width * 3))
                    for name, command in sorted(self.commands.items())
                ]
            )


CommandGroup.group_class = CommandGroup
