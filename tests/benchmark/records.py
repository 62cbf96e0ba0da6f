"""Make records to merge, with names of many languages, dates and choices, some of them broken.

    .venv/bin/python tests/benchmark/records.py FILE [--count N] [--seed N] [--broken SHARE]
        [--audiences A,B] [--papers P,Q] [--sizes S,T]

One record in a hundred is broken, in a known way. Beside FILE, a CSV, it writes FILE.json: the rows
that must be rejected, each with its field and its kind of fault. The columns are those of
tests/support/handout_with_fields.py. Given names and family names are in separate lists and are
combined at random: nobody here is a person.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import itertools
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS: Final = (
    "id",
    "audience",
    "paper",
    "size",
    "patient",
    "visit",
    "nurse",
    "fluid",
    "weight",
    "side",
)
SIDES: Final = ("left", "right")
FIRST_DAY: Final = dt.date(2027, 1, 4)


class Names(NamedTuple):
    """The parts of names in a language, in a `pattern`: g is a given name, f a family name."""

    given: str
    family: str
    pattern: str = "g f"


LANGUAGES: Final = (
    Names(
        "Alice Brian Carol Dennis Emily Frank Grace Howard",
        "Baker Carter Dawson Fletcher Hughes Mason Turner Ward",
    ),
    Names(
        "Álvaro Begoña Concepción Íñigo Jesús Lucía Nuño Ximena",
        "Gómez Ibáñez Muñoz Núñez Peña Quiñones Sáez Zúñiga",
        "g f f",
    ),
    Names(
        "Grażyna Jędrzej Łucja Małgorzata Paweł Stanisław Świętosława Żaneta",
        "Błaszczyk Dąbek Gołąb Kozioł Mączka Śliwa Wójcik Żak",
    ),
    Names(
        "Anh Bình Dũng Hạnh Linh Phượng Quỳnh Thảo", "Bùi Đặng Đỗ Hoàng Lê Nguyễn Phạm Vũ", "f g g"
    ),
    Names(
        "Богдан Ганна Євген Ірина Їлія Микола Оксана Юлія",
        "Бойко Гаєвий Ґудзь Їжак Мельник Савчук Щербак Яценко",
    ),
    Names(
        "Алёна Борис Виктор Галина Игорь Любовь Наталья Фёдор",
        "Быков Воробьёва Зайцев Королёв Лебедев Орлова Соловьёва Щукин",
    ),
    Names(
        "Αγγελική Βασίλης Γιώργος Δέσποινα Ελένη Ιωάννης Χρυσούλα Ωραιοζήλη",
        "Αγγέλου Δήμου Θεοδώρου Κώστα Λαζάρου Μαΐου Ράπτη Ψωμά",
    ),
    Names(
        "Ayşe Çağla Gülşen İbrahim Özgür Şükrü Tuğba Yıldız",  # noqa: RUF001 -- Turkish
        "Ağaoğlu Çelik Demirtaş Güneş Işık Öztürk Şahin Yılmaz",  # noqa: RUF001 -- Turkish
    ),
    Names(
        "Aurélie Benoît Céline François Gaëlle Loïc Noémie Zoé",
        "d\u2019Aubigny L'Écuyer Besançon Côté Lefèvre Œuvrard Prévôt Thiéry",
    ),
    Names(
        "Aoife Caoimhe Dónal Éamonn Gráinne Pádraig Róisín Sinéad",
        "Ó\u00a0Briain O'Hara O\u2019Rourke Mac\u00a0Cárthaigh Ní\u00a0Mháille Ó\u00a0Sé",
    ),
    Names(
        "Adébáyọ̀ Àìná Bọ́lájí Fọlákẹ́ Ìyábọ̀ Olúṣẹ́gun Ṣadé Yẹmisí",
        "Adéṣínà Àjàyí Akínṣọlá Ọbáfẹ́mi Ògúnlẹ́sì Olúwọlé Ọ̀ṣọ́ Ṣóyínká",
    ),
    Names(
        "Björn Günther Jürgen Käthe Lüder Sören Ulrike Wölfchen",
        "Böhm Groß Jäger Köhler Müller Schäfer Strauß Weiß",
        "g f-f",
    ),
    Names(
        "Ágnes Bálint Éva György Ildikó Jenő László Zsófia",
        "Balogh Dudás Erdős Fűzfa Kőszegi Szűcs Tóth Vörös",
        "f g",
    ),
    Names(
        "Bożena Dušan Jiří Květa Ľubomír Ondřej Růžena Šárka",
        "Černý Dvořák Hájková Kříž Němec Růžička Říha Šťastný",
    ),
    Names(
        "Călin Florența Ioniță Mădălina Ștefan Țurcan Vasilică Zâna",
        "Bălan Crăciun Lăcătuș Mânea Pârvu Șerban Țepeș Vîlcu",
    ),
    Names(
        "Ásdís Björg Guðrún Hrönn Ísak Sigþór Þórdís Ægir",
        "Ásgeirsson Einarsdóttir Höskuldsson Jónsdóttir Sæmundsson Þorvaldsdóttir",
    ),
    Names(
        "Ana Beatriz Conceição Gonçalo Inês João Luís Simão",
        "Araújo Brandão Conceição Falcão Guimarães Leão Simões",
        "g da f",
    ),
    Names(
        "Anneke Daan Fenna Joris Lieke Ruben Sanne Thijs",
        "Bakker Berg Dijk Graaf Jong Meer Smit Vries",
        "g van der f",
    ),
    Names(
        "Agot Åse Bjørn Gøran Håkon Mårten Øystein Sølvi",
        "Aasen Bjørnstad Fjære Håland Kjær Løken Sørbø Ødegård",
    ),
    Names("Keola Leilani Mahina Nalani", "Kahale Kaleo Mahoe Nāone"),
)
# Names in scripts that the fonts do not have.
UNDRAWN: Final = (
    "\u738b\u5c0f\u660e",
    "\u7530\u4e2d",
    "\uae40\ubbfc\uc900",
    "\u0e2a\u0e21\u0e0a\u0e32\u0e22",
)


class Broken(NamedTuple):
    """A way to break a record: its name, the field to be reported, and the change of the row."""

    kind: str
    field: str
    harm: Callable[[list[str], random.Random, list[str]], None]


def _setting(column: str, *values: str) -> Callable[[list[str], random.Random, list[str]], None]:
    """Return a function that puts one of some values into a column; `{}` is the old value."""

    def harm(row: list[str], dice: random.Random, _: list[str]) -> None:
        place = COLUMNS.index(column)
        row[place] = dice.choice(values).replace("{}", row[place])

    return harm


def _repeated(row: list[str], dice: random.Random, earlier: list[str]) -> None:
    identifier = dice.choice(earlier)
    row[0] = identifier.lower() if dice.random() < 0.5 else identifier


def _ragged(row: list[str], dice: random.Random, _: list[str]) -> None:
    if dice.random() < 0.5:
        row += ["one", "more"]
    else:
        del row[-1]


WAYS: Final = (
    Broken("missing", "patient", _setting("patient", "", "   ")),
    Broken(
        "date",
        "visit",
        _setting("visit", "2027-02-30", "2027-13-01", "03/04/2027", "1827-01-05", "soon"),
    ),
    Broken("choice", "side", _setting("side", "both", "L", "{record.side}")),
    Broken("glyph", "patient", _setting("patient", *UNDRAWN)),
    Broken(
        "wide",
        "patient",
        _setting("patient", "W" * 60, "{} " * 5 + "and all of the family from the valley"),
    ),
    Broken("bidi", "patient", _setting("patient", "{}\u202e", "\u2067{}\u2069", "\u200f{}")),
    Broken(
        "control", "patient", _setting("patient", "{}\x07", "\x1b[2J{}", "{}\x9f", "{}\u2028{}")
    ),
    Broken("number", "fluid", _setting("fluid", "1.5.2", "a lot", "1,5,0")),
    Broken("repeated id", "id", _repeated),
    Broken("unsafe id", "id", _setting("id", "../{}", "{}/x", "{} x", "=1+1", "NUL", "-{}", "")),
    Broken("audience", "audience", _setting("audience", "nobody", "", "CDK", "ckd ; general")),
    Broken("ragged", "", _ragged),
)


def name_of(dice: random.Random, pattern: str = "") -> str:
    """Return a random name, in its language's pattern or another."""
    language = dice.choice(LANGUAGES)
    return "".join(
        dice.choice((language.given if part == "g" else language.family).split(" "))
        if part in {"g", "f"}
        else part
        for part in _parts(pattern or language.pattern)
    )


def _parts(pattern: str) -> list[str]:
    """Split a pattern into letters and other text; single letters are places."""
    return ["".join(group) for _, group in itertools.groupby(pattern, key=str.isalpha)]


def make(
    count: int, seed: int = 1, broken: float = 0.01, **choices: tuple[str, ...]
) -> Iterator[tuple[list[str], Broken | None]]:
    """Yield rows, each with the way in which it is broken.

    `choices` are the audiences, papers and sizes that rows may ask for; others are left out.
    """
    dice = random.Random(seed)  # noqa: S311 -- the same records each time
    many = round(count * broken)
    # Not the first ten: a repeated id needs an earlier one.
    places = dict(
        zip(
            dice.sample(range(min(10, count - many), count), many),
            itertools.cycle(WAYS),
            strict=False,
        )
    )
    earlier: list[str] = []
    for number in range(count):
        row = [
            f"P-{number + 1:06}",
            dice.choice(choices.get("audiences", ("general", "ckd"))),
            dice.choice(choices.get("papers", ("",))),
            dice.choice(choices.get("sizes", ("",))),
            name_of(dice),
            (FIRST_DAY + dt.timedelta(dice.randrange(300))).isoformat()
            if dice.random() < 0.9
            else "",
            name_of(dice, "g f") if dice.random() < 0.8 else "",
            f"{dice.randrange(8, 25) / 10:g}" if dice.random() < 0.5 else "",
            f"{dice.randrange(450, 1200) / 10:g} kg" if dice.random() < 0.7 else "",
            dice.choice((*SIDES, "")),
        ]
        way = places.get(number)
        if way is None:
            earlier.append(row[0])
        else:
            way.harm(row, dice, earlier)
        yield row, way


def write(
    path: Path, count: int, seed: int = 1, broken: float = 0.01, **choices: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Write records as CSV; return the row, field and kind of each that must be rejected."""
    wrong: dict[int, dict[str, Any]] = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line, (row, way) in enumerate(make(count, seed, broken, **choices), 2):
            writer.writerow(row)
            if way:
                wrong[line] = {"row": line, "field": way.field, "kind": way.kind}
            if way and way.harm is _repeated:
                # The row that has the id first is in the line behind its number.
                first = int(row[0].rpartition("-")[2]) + 1
                wrong[first] = {**wrong[line], "row": first}
    return [wrong[line] for line in sorted(wrong)]


def main() -> None:
    """Write records, and the list of those that must be rejected."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", type=float, default=0.01, help="the share of broken records")
    for choice in ("audiences", "papers", "sizes"):
        parser.add_argument(
            f"--{choice}",
            type=lambda text: tuple(text.split(",")),
            help="what rows may ask for, with commas between",
        )
    given = vars(parser.parse_args())
    choices = {name: given[name] for name in ("audiences", "papers", "sizes") if given[name]}
    wrong = write(given["file"], given["count"], given["seed"], given["broken"], **choices)
    told = given["file"].with_name(f"{given['file'].name}.json")
    told.write_text(json.dumps(wrong, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
