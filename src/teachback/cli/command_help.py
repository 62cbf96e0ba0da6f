"""Print the help of commands, and answer a command that does not exist: "Did you mean 'build'?".

Help has the options in groups, and the whole line of each command. Where somebody types what
another program calls a command, such as `print`, the error names ours (`SYNONYMS`).
"""

from __future__ import annotations

from typing import Any, Final

import click

# The settings of Click for groups of commands.
CONTEXT: Final[dict[str, Any]] = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "show_default": True,
}
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
# So few options are printed as one list.
_FEW: Final = 6
# Words that other programs use for a command.
SYNONYMS: Final = {"print": "build", "preview": "open", "show": "open", "watch": "serve"}


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
            title: [name for name in names.split() if name in rows]
            for title, names in _GROUPS.items()
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
        """Return the command. The error for a synonym names the command that it stands for."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            meant = SYNONYMS.get(args[0])
            if meant not in self.commands:
                raise
            message = f"No such command '{args[0]}'. Did you mean '{meant}'?"
            raise click.UsageError(message, ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as Click
        """Write the whole description of each command, on as many lines as it needs."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=formatter.width * 3))
                    for name, command in sorted(self.commands.items())
                ]
            )


CommandGroup.group_class = CommandGroup
