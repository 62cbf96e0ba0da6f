"""Find the phrases that mean do, do not, or ask the care team first. Pure."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

# What readers with kidney disease are told to limit.
_LIMITED: Final = r"(?:potassium|sodium|salt|phosph\w+|magnesium|fluid|nsaids?)"
# What people take a remedy for.
_COMPLAINTS: Final = (
    r"(?:cramp\w*|spasms?|tight\w*|sore\w*|(?:head|back)?aches?|stiff\w*|thirst\w*|swell\w*"
    r"|pains?(?! (?:reliever|pill|med|killer|relief|gel|cream|patch)\w*)|tired\w*|fatigue|colds?"
    r"|constipation|nausea|restless legs?|dizz\w+|heartburn|itch\w*|infection\w*|inflam\w+|fever"
    r"|discomfort|weakness|stress|flare\w*|gout|lows?|dehydrat\w*|problems?|trouble|risks?)"
)
# A kind, then its phrases. An indented line continues the one above. Of two phrases at the same
# place, the first one wins. Phrases in fewer than eight of all sentences did not help and are left
# out. `mute` is no advice, `fact` is what a thing contains. `compare` is no advice on a thing
# before it: "milder than most pills".
_PHRASES: Final = r"""
[mute]
(?:told|asked|trying|wants?|(?<!you )needs?|supposed) to (?:cut (?:back|down|out)|limit|watch
  |avoid|reduce)
on a (?:\w+ )?(?:limit|restriction)|(?:salt|sugar)[- ]free|no (?:salt|sugar) added|no wonder
at the same time|bad (?:back|knee|night|day|cramps?)|weak (?:kidneys?|legs?|tea)
it(?: is|'s) not a cure
[fact]
(?:(?:is|are|very|also|so|too) )?(?:high|higher|rich) in <limited>|not (?:only|just)|more than
(?:have|has|contains?|holds?|packs?|hides?|made (?:of|from|with)) (?:[\w-]+ ){0,4}?(?:<limited>
  |water)
(?:full of|loaded with|packed with|a lot of|lots of|too much) (?:salt|sodium|sugar|phosph\w+)
no (?:matter|doubt)|(?:draw|leach|wash|pull|boil|soak|cook|take)\w* out
than you (?:should|can|may|are)(?: \w+)?
(?:drink|eat|tak|get|hav|us)(?:e|ing)? too (?:much|many|little)
need (?:it|them|(?:to )?(?:know|tell|call|ask))
[do]
(?:as much as|all|whenever|whatever|what) you (?:like|want|can|please|fancy|need)|freely
as (?:often|much|many)(?: of \w+)? as (?:you|your)|generous\w*|feel free|free to|go ahead
nothing (?:beats|wrong|(?:[\w']+ ){1,6}?(?:like|better)|to (?:worry|fear|stop|be))|why not
(?:how|what) about|(?:swap|trade|replace|exchange|switch) (?:it |them )?(?:for|with|to|in)(?= ?$)
no limits?|(?:is )?no (?:big )?deal|without (?:limits?|worry)|help yourself
get (?:more|enough|plenty)|(?:do|does|will|would)(?: not|n't) count
not part of your(?: \w+)? (?:limit|amount)|(?:can't|cannot) (?:go wrong|beat)
just (?:what|the thing)|nature's|takes? care of|makes? no difference
worth (?:a try|having|trying|keeping)|(?:no|without a|n't need a|needs? no) prescription
(?:never|can't|cannot|hard to|impossible to) (?:overdo|(?:have|get|eat|drink) too m\w+)
(?:do|does|will|would|can|could)(?: not|n't| no) (?:any )?harm|no (?:harm|danger|risk) (?:in|to)
(?:won't|will not|doesn't|does not|don't|do not|never) (?:matter|hurt|harm|be a problem)
no (?:cause|reason|call|point|use) (?:to|in|for) (?!(?:eat|drink|tak|us)(?:e|ing)?\b)\w+
(?:need not|(?:don't|do not) (?:have|need) to|no(?:body| one) (?:needs|has) to
  |no need to) (?:measure|weigh|think|worry|bother|read|check|give up|go without|restrict|boil|soak
  |count|track|limit|cut|hold back|watch|fear|avoid|skip|ask|tell|call)
(?:ways? to|helps? (?:you )?(?:to )?|lets? you) (?:cut|lower|reduce|limit|trim)|the more|more is
(?:don't|do not) be (?:shy|afraid|scared)|part of (?:a|your|any|every)|low in <limited>
[flip]
sold (?:as|for)|promis\w+ (?:to|that)|(?:said|claim\w*|supposed) to|contrary to|falsely|not true
a (?:myth|shame|pity)|tempt\w+ to|myth:|mistake to
(?:is|are|was|it's|that's) (?:a |an )?(?:\w+ )?(?:myth|mistake|false)
(?:bad|poor|wrong) idea(?: to)?|no (?:good |real )?(?:proof|evidence|sign|trial|study)
once (?:used|thought|sold)|ha(?:s|ve)(?: not|n't) been (?:shown|proven|found)
(?:people|some|many|others|friends?|you may|you might|relatives) (?:\w+ )?(?:think|says?|claims?
  |believe|have (?:heard|read)|hear|read|tell you)|(?:do(?: not|n't)|never) (?:believe|think|assume)
[praise]
(?:(?:avoid|prevent|stop|eas|reliev|reduc|fight|beat|cut|settl|sooth|calm|lessen|lower|end|cur
  |treat|fix|chas|ward|loosen|less|few|help)(?:e|es|s|ing|ed|er|ting|y|ies)? (?:(?:the|your|those
  |these|a|any|night|leg|muscle|most|many|bad|painful|of|on|down|back|with|off|away|all|or|and|risk
  |chance) ){0,4}|keep\w* (?:[\w']+ ){0,5}?from |without )<complaint>
keep\w* (?:[\w']+ ){0,5}?(?:away|at bay|loose|strong|calm|steady|regular|healthy)|lose weight
tak\w+ the edge off|feel\w* (?:better|great|good)
(?:knock|clear|take|make) (?:[\w']+ ){0,3}(?:out|away)
(?:smart|good|easy|simple|great|healthy|better|nice|best) (?:swaps?|trades?|switch)|rebuild\w*
ma(?:k|d)\w* (?:it |them )?(?:the |a )?(?:better|best|good|great|ideal|perfect|smart)
ha(?:s|ve) (?:helped|worked|eased|kept|saved)|gentler|kinder|milder|easier on
[ban]
(?:pick|choose|find|buy|try|get|use|take|look for) (?:another|a different|something else)
only (?:if|when|as|after|with)|only$|no more than|at most|too (?:much|many|high|salty|often|fast)
put (?:\w+ |the \w+ )?back|leave (?:\w+ ){1,3}(?:on the|in the|out|alone|behind|off|for others)
off[- ]limits|off (?:the|your) (?:menu|table|list)|not for you|out of (?:the|your|reach)
(?:stay|keep)(?:ing)? away|steer\w*(?: \w+)? clear|go(?:ing)? easy|hold (?:off|back)|use up
watch(?:ing)? (?:out|for|your|the|how)|look for (?=[^.;]*\b(?:label|list|hidden|back of|box)\b)
(?:keep|keeping) (?:a |an )?(?:close |careful )?(?:eye|track|record|note|list|diary|log)
a little less|less often|not a (?:good|safe|wise|smart)|(?:read|check) (?:the |\w+ )?labels?
read the|cut(?:ting)?(?: (?:back|down|out))?|pass(?:ing)? (?:on|up)|giv(?:e|ing) up|sparingly
in moderation|keep\w* (?:[\w,]+ ){0,8}?(?:off|out|away|to a minimum)|only (?:a )?(?:little
  |small|tiny)
think twice|say no|small (?:\w+ )?(?:portions?|amounts?|servings?|cups?|pieces?)|leach\w*|avoid\w*
limit\w*|restrict\w*|skip\w*|discourag\w*|miss(?:ing)?|quit\w*|stop\w*|forget\w*|hesitat\w+
worr(?:y|ies|ied|ying)|concern\w*|fear\w*|afraid|measur\w+|weigh\w*|count(?:s|ed)?|track\w*|careful
caution\w*|swap|trade|replace|reduc\w+|throw (?:out|away)|do without|overdo\w*
[compare]
(?:instead|in place) of|rather than|than|less|fewer
[not]
not|never|no|nor|neither|cannot|without|hardly|none|nobody|nothing|\w+n't|rarely|seldom
[harm]
(?:rais|lift|push|driv|increas)\w* (?:up )?(?:your |the |blood )*(?:(?:blood )?pressure|<limited>)
build\w* up|buildup|unsafe|danger\w*|risk\w*|harm(?!less)\w*|hurt\w*|damag\w+|toxic|poison\w*|death
worse\w*|bad|problems?|trouble|bleeding|injur\w+|hard on|thirsty|weak\w*|strain\w*|swell\w*
cause[sd]?|fail\w*|upset|scar\w*|wrong|waste|mistake|mask\w*|muddle\w*|confus\w+|land you|destroy\w*
bring(?:s)? on|leads? to|leak\w*|oxalate|stones|stays? in (?:the|your) (?:blood|body)|collect\w*
add\w* up|overload\w*|hid(?:den|es?)|rhythm|clash\w*|interact\w*|affect\w*|change how
  |tak(?:e|es|ing) away
[take]
eat(?:s|en|ing)?|drink(?:s|ing)?|tak(?:es?|en|ing)|try(?:ing)?|us(?:es?|ed|ing)|add(?:s|ed|ing)?
enjoy\w*|choos\w+|pick|reach\w* for|go(?:ing)? (?:for|with)|hav(?:e|ing)|get(?:s|ting)?|includ\w+
fill\w*|boost\w*|increas\w*|more|plenty|lots of|extra|sip\w*|swallow\w*|chew\w*|suck\w*|blend\w*|top
mix|stir\w*|shake|keep(?:ing)?|carry|carries|pack|order|buy|push\w*|catch up|aim|r?e?hydrat\w+
replac\w+|restor\w+|provid\w+|giv(?:es?|ing)|offers?|sources?|rich in|full of|packed with|slice
squeeze|spread|pour|start|finish|make (?:a|an|some|it)|put|rub|apply|soak|needs?|season|bring|stay
follow|drop|dissolve|refill|gulp|down|doubl(?:e|es|ing)|roast|handy|stick (?:with|to)|gel|begin
[praise]
help\w*|good|great|best|better|ideal|perfect\w*|excellent|wonders|fine|ok|okay|safe(?:r|ly)?
health(?:y|ful)|smart|wise|easy|simple|simplest|quick\w*|natural\w*|fix|cures?|heal\w*|treats?
work(?:s|ing)?|friends?|recommend\w*|advis\w+|suggest\w*|encourag\w*|benefi\w+|support\w*|protect\w*
strength\w*|strong|remed\w+|answer|superfoods?|favou?rite|welcome|allowed|goes well|trick|does the
swears? by|sensible|suit(?:s|able)?|all right|cheap|convenient|pleasant|pure|power\w*|traditional
trusted|reliable|ready|right|clears? up|first aid|kind|gentle|harmless|refreshing|must|choices?
ideas?|snacks?|ways? to|menu|matters?|important|first choice|like|loves?|popular|settle|relax\w*
soothes?|ease[sd]?|builds?|energ\w+|comfort\w*|improv\w+|prefer\w*|proven|effective|worth|relie\w+
[do]
(?:a|each|every|per) (?:day|night|morning|evening|week|meal|hour)|daily|nightly|as needed
at (?:bedtime|night|lunch|dinner|breakfast|supper)|before (?:bed|sleep|exercise)|(?:once|twice) a
by (?:the|your) bed|with (?:\w+ ){0,3}(?:supper|dinner|lunch|breakfast|meals?)|handful
(?:glass|cup) of|after (?:a )?(?:workout|exercise|dialysis|dinner)|half an?
(?:an?|one|two|three|four|six|eight|ten|half|\d+|few|tall|small|big)(?: (?:or|to) \w+)?(?: (?:an?
  |of|big|small|tall|full|good|little|cold|hot|large|fresh|more|extra))* (?:handfuls?|glass(?:es)?
  |cups?|shots?|spoon\w*|bowls?|pinch|slices?|servings?|tablets?|pills?|capsules?|bottles?|liters?
  |ounces|oz|cartons?|teaspoons?|tablespoons?|bags?|packets?|scoops?|pieces?|doses?|sips?|stick)
"""
_TEAM: Final = (
    r"(?:care team|(?:kidney |renal |dialysis |health )?(?:team|clinic|doctors?|nurses?"
    r"|dietitians?|dieticians?|providers?|pharmacists?|nephrologists?|unit|specialist"
    r"|prescribers?|social workers?)|us|we)"
)
# Sends the reader to the care team first, lets it decide, or keeps to what it has set.
_ASK: Final = re.compile(
    r"(?:\bnot|\bnever|n't)\b[^.]{0,80}\bwithout (?:first )?(?:ask|talk|check|call|your|our)\w*"
    r"|\b(?:ask|check|talk|speak|call|consult|discuss|confirm|clear"
    r"(?!\w* (?:liquids?|fluids?|soups?|broths?|drinks?)))(?:ing|s)?\b[^.;!?]{0,80}?"
    r"\b(?:before|first|whether|if (?:you (?:can|may|should|need)|it|this|that|they|these|any|an?)"
    r"\b(?! (?:\w+ ){0,2}(?:persist|continue|last|gets?|stays?|keeps?|hurts?))"
    r"|how (?:much|many|often)|which|what|about (?:it|them|these|this))\b"
    rf"|\b(?:ask|check|talk|speak|consult|discuss)\b[^.;!?]{{0,80}}?\b{_TEAM}\b(?! (?:for|to)\b)"
    r"|\b(?:unless|only if|if|as|until|when|once|after|what|that|than|the \w+)\b[^.;]{0,30}"
    rf"\b{_TEAM}\b[^.;]{{0,20}}\b(?:says?|said|tells?|told|g[ai]ve[sn]?|agrees?|approve[sd]?|sets?"
    r"|prescrib\w+|order\w*|choo?ses?|recommend\w*|wants?|asks?|advises?)\b"
    rf"|\b{_TEAM} (?:\w+ )?(?:(?:can|will|may|might|could|should) \w+|decides?|gave you|sets?"
    r"|prescribed|planned|chooses|tells)\b"
    rf"|\b(?:prescribed|ordered|by (?:your|their|the) {_TEAM}|right for you|depends? on your"
    r"|unless (?:\w+ ){0,3}(?:told|restricted|directed|advised|instructed)"
    r"|unless (?:you )?(?:are )?(?:have|on|under) (?:a )?(?:\w+ )?(?:restriction|limit|allowance)"
    r"|keep to a (?:\w+ )?(?:limit|allowance)"
    r"|if (?:you )?(?:are )?not (?:on a|told to|restricted|limited))\b"
    r"|\b(?:within|keep to|stay (?:in|under)|toward|part of|in|of|under|reach) (?:your|the)"
    r" (?:\w+ )?(?:fluid |daily )*(?:limit|allowance|amount|plan|goal|total|target|budget)s?\b"
    r"|\b(?:keep|keeping) (?:a |an )?(?:close |careful )?(?:eye|watch|track|record|count)\b"
    r"|\bonly (?:as much|what|the(?! following))\b|(?<!also )(?<!all )(?<!can )\bcount(?:s|ed)?\b"
    r"|\bthe amount (?:of \w+ )?(?:your?|we|that)\b"
)
_NOT_ASKED: Final = re.compile(
    r"(?:no (?:need|reason) to|need not|(?:not|n't)(?: (?:need|have) to| bother)?|without|even if"
    r"|never mind|instead of|rather than|no point in)\W+(?:[\w']+\W+){0,2}$|\bonly $"
)
_KIND: Final = re.compile(r"^\[(\w+)\]\n", re.MULTILINE)
_WORD: Final = re.compile(r"\w+")


class Cue(NamedTuple):
    """A phrase that means do or do not, and its place in the clause."""

    start: int
    end: int
    kind: str


@lru_cache(maxsize=1024)
def cues(clause: str) -> tuple[Cue, ...]:
    """Return the cues of a lower-case clause in order; none overlaps another."""
    pattern, kinds = _patterns()
    found: list[Cue] = []
    end = 0
    for word in _WORD.finditer(clause):
        match = pattern.match(clause, word.start()) if word.start() >= end else None
        if match and match.lastindex:
            end = match.end()
            found.append(Cue(match.start(), end, kinds[match.lastindex - 1]))
    return tuple(cue for cue in found if cue.kind != "mute")


@cache
def _patterns() -> tuple[re.Pattern[str], list[str]]:
    """Return the pattern of all phrases, with a group for each kind, and the kinds."""
    table = _PHRASES.replace("\n  ", "").replace("<limited>", _LIMITED)
    _, *parts = _KIND.split(table.replace("<complaint>", _COMPLAINTS))
    groups = ("|".join(phrases.splitlines()) for phrases in parts[1::2])
    return re.compile(rf"(?:{'|'.join(f'({group})' for group in groups)})\b"), parts[::2]


@lru_cache(maxsize=1024)
def asks_first(text: str) -> bool:
    """Return whether a sentence leaves a choice to the care team, or keeps to what it has set."""
    return any(
        match[0].startswith(("not", "never", "n't")) or not _NOT_ASKED.search(text[: match.start()])
        for match in _ASK.finditer(text)
    )
