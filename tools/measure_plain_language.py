"""Measure the rules on plain language on real leaflets: findings per 1,000 words, by rule.

The leaflets' texts are no part of this project. Save each page of PAGES as FOLDER/NAME.txt, typed
with `## ` before a heading, `- ` before an item of a list, and each paragraph on a line of its own.

    PYTHONPATH=src python tools/measure_plain_language.py FOLDER [--show]
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from teachback.checking.blocking_rules import merged
from teachback.checking.plain_language.lengths_and_headings import plain_language_findings
from teachback.checking.rule import ReaderText, fold_findings
from teachback.checking.source_checks import number_findings
from teachback.content.handout import Handout
from teachback.content.workspace_content import load_shared
from teachback.editions.passages import ReaderContext, passages
from teachback.files.workspace import Workspace, builtin_root

# Name -> reader and address, as read on 2026-11-29.
PAGES = {
    "heart-1": ("general", "tallahasseeheartsuccess.com/home/living-with-heart-failure"),
    "heart-2": ("general", "peconicbaymcpatientguide.com/heart-failure"),
    "heart-3": ("general", "sw.org/HealthLibrary?page=Heart%20Failure,%20Easy-to-Read"),
    "heart-4": ("general", "medilib.ir/uptodate/show/146115"),
    "feet-1": ("general", "drugotc.com/content/protect-your-feet"),
    "feet-2": ("general", "widefootfacts.com/diabetes-and-your-feet/"),
    "feet-3": ("general", "cdicquizz.unfm.org/cdicquizz/en/16-taking-care-of-my-feet/"),
    "pregnancy-1": (
        "general",
        "my.clevelandclinic.org/health (When to Call Your Health Care Provider During Pregnancy)",
    ),
    "pregnancy-2": ("general", "gentlejourneymidwifery.com/warning-signs-in-pregnancy"),
    "access-1": ("dialysis", "kidney.org/content/access-care"),
    "access-2": (
        "dialysis",
        "doctor123.org/Patient-Handouts/4518-Arteriovenous-Fistula-for-Dialysis-Discharge-Instructions/",
    ),
    "potassium": ("ckd", "contohproposal.jagomart.net/item/147729/slk-potassium-handout"),
    "sick-days-1": (
        "ckd",
        "brunstonlydbrookpractice.co.uk/practice_news/sick-day-rules-help-protect-your-kidneys/",
    ),
    "sick-days-2": (
        "ckd",
        "haveringccg.nhs.uk/havering-news/protect-your-kidneys-know-the-sick-day-rules/63059",
    ),
    "hemodialysis": ("dialysis", "everydayhealth.com/health-center/hemodialysis-definition.aspx"),
}
# Pages for general readers whose 60 findings another reader judged (docs/checks.md), read in
# excerpts on the same day. They are not measured below.
JUDGED = (
    "cavershamgrouppractice.co.uk/long-term-conditions/hypertension/",
    "southwesternhealth.org/hypertension/management",
    "myhealth.alberta.ca/health/AfterCareInformation/pages/conditions.aspx?hwid=abo3904",
    "sw.org/HealthLibrary?page=Adrenalectomy,%20Care%20After",
    "healthwise.net/christianacare/Content/StdDocument.aspx?DOCHWID=ud3558",
    "muschealth.org/medical-services/ddc/patients/gi-surgery/home-care-after-surgery",
    "ampoule.org.hk/warfarin-oral/",
    "dxline.info/drugs/marevan",
    "ashfordstpeters.nhs.uk/anticoagulation-clinic",
    "lynchspharmacy.com/medicine/warfarin",
    "test.myhealth.alberta.ca/health/AfterCareInformation/pages/conditions.aspx?hwid=uf8002",
)
# What a page typed for a measurement lacks by its nature.
LACKING = {"plain-no-teach-back", "plain-no-action"}


def typed(text: str, audience: str) -> Handout:
    """Return a page as a handout for one audience."""
    sections: list[dict[str, Any]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        mark, _, rest = line.partition(" ")
        blocks = sections[-1]["blocks"] if sections else []
        if mark == "##":
            sections.append({"id": f"part-{len(sections)}", "title": rest, "blocks": []})
        elif mark == "-":
            if not blocks or "list" not in blocks[-1]:
                lead = blocks.pop()["text"] if blocks and blocks[-1]["text"][-1] == ":" else None
                blocks.append({"list": [], **({"lead": lead} if lead else {})})
            blocks[-1]["list"].append(rest)
        elif sections:
            blocks.append({"text": line})
    return Handout.model_validate(
        {
            "id": "page",
            "title": "A page of someone else",
            "audiences": [audience],
            "language": "en",
            "version": "2026-11-29",
            "purpose": "Measure the rules",
            "message": "Ask us.",
            "review": {"status": "draft"},
            "sections": sections,
        }
    )


def main() -> None:
    """Print the findings of each rule per 1,000 words; with `--show`, each finding."""
    root = Workspace(builtin_root(), builtin_root())
    audiences = load_shared(root).audiences
    found: Counter[str] = Counter()
    words = 0
    for name, (audience, _) in PAGES.items():
        handout = typed((Path(sys.argv[1]) / f"{name}.txt").read_text(encoding="utf-8"), audience)
        reader = ReaderContext(audiences.lineage(audience), {})
        page = ReaderText(handout, reader, passages(handout, reader))
        words += sum(len(passage.text.split()) for passage in page.passages)
        findings = (*plain_language_findings(page), *number_findings(page.passages))
        for finding in fold_findings(merged(f for f in findings if f.rule not in LACKING)):
            found[finding.rule] += 1
            if "--show" in sys.argv:
                print(name, finding.rule, finding.message, finding.hint, sep="\t")
    for rule, count in found.most_common():
        print(f"{rule:24}{count:5}{1000 * count / words:7.1f}")
    total = found.total()
    print(f"{'all':24}{total:5}{1000 * total / words:7.1f}  ({words} words, {len(PAGES)} pages)")


if __name__ == "__main__":
    main()
