"""The words that say do or do not: each kind of sign with its words, and where a clause has them. Pure.

Together they would be one pattern as long as a page, which takes longer to make than most texts take to be looked through. So a word of
a clause is looked up first: only what may begin with it is tried, and made a pattern when it is first needed.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

_HELD: Final = r"(?:potassium|sodium|salt|phosph\w+|magnesium|sugar|protein|vitamin \w)"
_ILLS: Final = (
    r"(?:cramp\w*|charley horse\w*|spasms?|twitch\w*|tighten\w*|tight|sore\w*|aches?|pains?(?! (?:reliever|pill|med|killer|relief|gel|cream|patch)\w*)|headaches?|backaches?|stiff\w*|thirst\w*|tired\w*|fatigue|insomnia|swell\w*|constipation|"
    r"colds?|nausea|restless legs?|fog|hangovers?|wheez\w*|chok\w*|jitters|sluggish\w*|dizz\w+|indigestion|gas|reflux|burning|itch\w*|numbness|tingl\w+|infection\w*|inflammation|inflamed|fever|stuff\w*|congestion|sinus\w*|puffiness|puffy|hunger|cravings?|dry mouth|knots?|seiz\w+|clench\w*|nausea|bloat\w*|discomfort|heartburn|weakness|stress|flare\w*|gout|lows?|sugar|dehydrat\w*|problems?|trouble|risks?|chances?)"
)
# The kinds of sign, each with its words; where two begin at the same place the first of these wins.
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (
        "mute",  # says nothing either way: who the words are for, and what is only a way of speaking
        (
            r"(?:told|asked|trying|want|wants|need|needs|hoping|supposed|hard|tough) to (?:cut back|cut down|cut out|limit|watch|avoid|lower|reduce|eat less|drink less)|on a (?:\w+ )?(?:limit|restriction)|"
            r"salt[- ]free|sugar[- ]free|fat[- ]free|caffeine[- ]free|gluten[- ]free|no (?:salt|sugar) added|at the same time|in no time|no time|gives? (?:you )?(?:no|few|little|any) (?:warning|signs?|symptoms?|clue)|no sweat|no fuss|no frills|no wonder|so-called|bad (?:back|knee|night|day|week|weather|press|cramps?)|weak (?:kidneys?|legs?|muscles?|tea)|wake you|less than perfect|more or less|worn out|cut (?:up|into|them small|it small|in half lengthwise)"
        ),
    ),
    (
        "zero",
        (
            rf"words (?:such as|like)|than you (?:should|can|may|are)(?: \w+)?|(?:draw|leach|wash|pull|boil|soak|cook)\w* out|pour\w* (?:the |that )?(?:\w+ )?water (?:away|off|out)|no matter|no doubt|(?:full of|loaded with|packed with|plenty of|a lot of|lots of|too much) (?:salt|sodium|sugar|phosph\w+|fat|additives)|no wonder|not only|not just|no one answer|(?:is|are|being|very|also|so|too) (?:high|higher|rich) in {_HELD}|(?:high|higher|rich) in {_HELD}|"
            r"(?:have|has|contains?|holds?|pack|packs|hide|hides|made of|made from|made with) (?:[\w-]+ ){0,4}?(?:potassium|sodium|salt|phosph\w+|magnesium|fluid|water|nsaids?|ibuprofen)|"
            r"takes? out|(?:is|are) (?:often |mostly |partly |half |all |really |just )+potassium|(?:often |mostly |partly |half |all |really |just )+potassium|(?:drink|eat|tak|get|hav|us)(?:e|ing)? too (?:much|many|little)|more (?:potassium|sodium|phosphorus) than|help (?:you )?(?:choose|decide|plan|pick|find|stay within)|need (?:to )?(?:know|tell|call|ask)|need (?:it|them)|more than"
        ),
    ),
    (
        "plus",
        (
            r"(?:swap|trade|replace|exchange|switch) (?:it |them |this )?(?:for|with|to|in)(?= ?$)|(?:can't|cannot|can not) go wrong|can't beat|cannot beat|nothing (?:beats|(?:[\w']+ ){1,6}?(?:like|better than|faster than|as well as|better))|nothing wrong|no (?:better|reason not)|why not|how about|what about|have you (?:tried|thought)|did you know|"
            r"as much as you (?:like|want|can)|all you want|whenever you (?:like|want)|freely|liberally|generously|to your heart's content|feel free|free to|help yourself|go ahead|no limits?|without (?:limits?|worry)|"
            r"(?:do|does|did|will|would)(?: not|n't) count|not part of your(?: \w+)? (?:limit|amount)|not part of your|is no (?:big )?deal|get (?:your|more|enough|plenty)|never too much|not too much|"
            r"kills? two birds|hits? the spot|just the (?:thing|ticket)|the (?:thing|ticket)|just (?:what|the thing)|works? (?:a treat|like a charm|like magic|every time)|tried and true|time-tested|nature's|can't be beat|life ?saver|godsend|worth (?:a try|having|trying|keeping)|pays? off|(?:no|without a|don't need a|not need a|needs? no|nobody needs a) prescription|(?:never|can't|cannot|can not|hard to|impossible to) (?:overdo|have too m\w+|get too m\w+|eat too m\w+|drink too m\w+|be overdone)|no such thing as too m\w+|no (?:harm|danger|shame|risk) (?:in|to|from|with)|(?:do|does|did|will|would|can|could)(?: not|n't| no) (?:any )?harm|(?:nobody|no one|no-one|no patient) (?:ever |has (?:ever )?|was ever )(?:[\w']+ ){0,3}?(?:hurt|trouble|sick|harm\w*|died|ill|poison\w*)|never (?:hurt|harmed|did any harm|a worry|a problem|worry)|nothing (?:to worry|to fear|to lose sleep|to fret|to stop|to be|wrong)|(?:makes?|made|make) no difference|(?:won't|will not|doesn't|does not|don't|do not|not|never) (?:matter|make a difference|make any difference|hurt|harm|be a problem)|no (?:cause|reason|call|point|use) (?:to|in|for) (?!(?:eat|drink|tak|us)(?:e|ing)?\b)\w+|(?:needn't|need not|don't have to|do not have to|don't need to|do not need to|no one needs to|nobody needs to|nobody has to|no need to) (?:measure|weigh|think|worry|bother|fret|read|check|give up|go without|restrict|boil|soak)|any way you (?:like|want)|without (?:a )?(?:worry|care|second thought|guilt)|generous|(?:ways? to|helps? you to|helps? you|helps? to|helps?|lets? you) (?:cut|lower|reduce|limit|trim|drop|curb)(?: down on| back on| down| back)?|no need to (?:count|track|measure|limit|think|worry|cut|hold back|watch|fear|avoid|skip|ask|tell|call)|don't be (?:shy|afraid|stingy|scared)|do not be (?:shy|afraid|stingy|scared)|as (?:often|much|many)(?: of it| of them| of that| of those| of this)? as (?:you|your)|until (?:you are|you're) (?:full|satisfied)|(?:what|whatever|all) you (?:like|want|please|fancy)|spare no|help yourselves|(?:the more|more is)|low in (?:potassium|sodium|phosph\w+)|takes? care of|part of (?:a|your|any|every)|half the battle|may thank you|thank you|will thank"
        ),
    ),
    (
        "flip",
        (
            r"promis\w+ (?:to|that)|sold (?:as|for)|marketed|billed as|touted|advertis\w+|said to|claims? to|claimed to|supposed to|a (?:shame|pity|silly|foolish|pointless)|(?:shame|pity|silly|foolish|pointless)|(?:is|are|was|it's|that's) (?:a |an )?(?:\w+ )?(?:myth|mistake|false|untrue|old wives' tale|misconception|lie|not true)|not true|a myth|myth:|mistake to|(?:bad|poor|wrong) idea(?: to)?|no (?:proof|evidence|sign|trial|study|good proof|good evidence)|has(?: not|n't) been (?:shown|proven|found)|have(?: not|n't) been (?:shown|proven)|never been (?:shown|proven)|used to be|once (?:used|thought|sold)|(?:people|some|many|others|friends?|you may|you might|websites?|online|relatives) "
            r"(?:\w+ )?(?:think|say|says|claim|claims|believe|have heard|have read|hear|read|tell you)|contrary to|despite what|do(?: not|n't) (?:believe|think|assume|fall for|listen)|never (?:assume|believe|think)|wrong to|falsely"
        ),
    ),
    (
        "praise",
        (
            r"(?:(?:avoid|prevent|stop|eas|reliev|reduc|fight|beat|cut|settl|sooth|calm|lessen|lower|end|cur|treat|fix|tam|quiet|chas|ward|banish|loosen|head|shorten|less|few|fend|kill|dull|help)(?:e|es|s|ing|ed|er|ting|ping|y|ies)? "
            r"(?:(?:the|your|my|those|these|a|any|night|leg|muscle|nighttime|most|many|bad|painful|calf|foot|of|on|down|back|with|off|away|up|number|all|or|and|prevent|risk|chance) ){0,4}"
            rf"|keep\w* (?:[\w']+ ){{0,5}}?from |without ){_ILLS}|"
            r"keep\w* (?:[\w']+ ){0,5}?(?:away|at bay)|(?:undo|revers|repair|heal|fix)\w* (?:[\w']+ ){0,3}damage|lose weight|(?:smart|good|easy|simple|great|healthy|tasty|better|nice|quick|best) (?:swaps?|trades?|switch)|tak\w+ the edge off|(?:knock|clear|take|make) (?:[\w']+ ){0,3}(?:out|away|go away)|bring it up|bring your sugar|keep\w* (?:[\w']+ ){0,4}?(?:cramps? \w+|loose|strong|calm|steady|going|supple|regular|quiet|relaxed|happy|healthy)|put\w* (?:it |them )?back what|puts? back|ma(?:k|d)\w* (?:it |them )?(?:the |a )?(?:better|best|good|great|ideal|perfect|smart)(?: \w+)?|sooner than|(?:ha[sv]e?|has) (?:helped|worked|eased|kept|saved)|feel\w* (?:all the )?(?:better|great|good)|gentler|milder|kinder|easier on"
        ),
    ),
    (
        "ban",
        (
            r"(?:pick|choose|find|buy|try|get|use|take|look for|reach for) (?:another|a different|something else)(?: (?:brand|one|product|kind))?|only (?:if|when|as|after|with)|only$|no more than|at most|too (?:much|many|high|salty|often|fast)|put (?:it|them|the \w+|\w+) back|put back|leave (?:it|them|\w+|\w+ \w+|\w+ \w+ \w+) (?:on the shelf|out|alone|behind|off)|"
            r"off[- ]limits|off (?:the|your) (?:menu|table|list)|not for you|think twice|say no|do without|in place of|instead of|rather than|stay(?:ing)? away|keep(?:ing)? away from|steer\w*(?: \w+)? clear|go(?:ing)? easy|hold off|hold back|"
            r"watch(?:ing)? (?:out|for|your|the|how)|look for (?=[^.;]*\b(?:on the (?:back|label|box|list|front)|in the (?:list|ingredient)|hidden|label|small print))|(?:keep|keeping) (?:a |an )?(?:close |careful |sharp )?(?:eye|watch|tabs|track|record|note|list|diary|log)|in check|under control|ration\w*|a little less|less often|go (?:light|slow)|leave (?:it|them|these|those|this|that|\w+|\w+ \w+) (?:on the|in the)|at arm's length|steer (?:well )?away|out of (?:the|your|reach)|hands off|lay off|back off|not a (?:good|safe|wise|smart)|isn't a (?:good|safe|wise|smart)|no place|no go|a no|please stop|be wary|wary|think again|read (?:\w+ )?labels?|read the|check (?:the )?labels?|cut(?:ting)? (?:back|down|out)|cut|pass(?:ing)? (?:on|up)|giv(?:e|ing) up|swap(?:ping)? out|keep\w* (?:[\w,]+ ){0,8}?(?:off|out|away)|only (?:a )?(?:little|small|tiny)|"
            r"small (?:\w+ )?(?:portions?|amounts?|servings?|cups?|pieces?)|in moderation|sparingly|leach\w*|double[- ]boil\w*|avoid\w*|pass (?:it|them|this|these|that) up|leave (?:\w+ ){1,6}on the shelf|leave (?:these|those|them|it) (?:for|to) others|(?:miss|missing) out|go(?:ing)? without|overdo|overdone|limit\w*|restrict\w*|skip\w*|miss(?:ing)?|quit\w*|stop\w*|ditch\w*|refrain\w*|refus\w+|forget\w*|"
            r"hesitat\w+|worr(?:y|ies|ied|ying)|fear\w*|afraid|shy|scared|concern\w*|neglect\w*|overlook\w*|underestimat\w+|ration|track\w*|measur\w+|weigh|weighs|weighing|count|counts|counted|less|fewer|than|beware|careful|caution|cautious|forbidden|banned|swap|trade|replace|"
            r"toss out|throw (?:out|away)|reduc\w+|cannot have|can't have|use up|half as|switch from|the trouble with"
        ),
    ),
    (
        "not",
        r"not|never|no|nor|neither|cannot|without|hardly|none|nobody|nothing|no one|\w+n't|dont|cant|wont|rarely|seldom|unlikely|isnt|arent",
    ),
    (
        "harm",
        (
            r"tak(?:e|es|ing) away|rob|robs|steal|steals|(?:rais|lift|push|driv|spik|increas|elevat)\w* (?:up )?(?:your |the |blood |their )*(?:potassium|pressure|blood pressure|phosph\w+|fluid)|build\w* up|builds up|buildup|unsafe|danger\w*|risk|risks|risky|harm(?!less)\w*|hurts?|hurting|damag\w+|toxic|poison\w*|"
            r"dead(?:ly)?|fatal|kill\w*|death|worse\w*|bad|problems?|trouble|bleeding|injur\w+|hard on|thirsty|weaken\w*|strain\w*|swell\w*|cause|causes|caused|failure|fail|off[- ]limits|never mix|too high|rise too|overload\w*|load you|upset|speed up|scar\w*|throw off|land you|make you (?:sick|weak)|wrong|waste|"
            r"mistake|isn't for you|not (?:meant )?for (?:you|everyone)|isn't for everyone|tip\w* (?:the|your)|pil(?:e|es|ing) up|stor(?:e|es) up|mask\w*|muddle\w*|mislead\w*|confus\w+|unproven|untested|contaminat\w*|banned|backfire\w*|burden\w*|stress(?:es)? (?:the|your)|tax(?:es)? (?:the|your)|ruin\w*|destroy\w*|trigger\w*|set(?:s)? off|bring(?:s)? on|lead(?:s)? to|leak\w*|oxalate|stones|slow(?:s)? to leave|cannot clear|can't clear|stay(?:s)? in (?:the|your) (?:blood|body)|collect\w*|accumulat\w*|add\w* up|sneak\w*|hidden|hide|hides|hiding|disguis\w*|tricky|surpris\w*|deceiv\w*|rhythm|stop (?:the|your) heart|trap\w*|clash\w*|interact\w*|change how|affect\w*|stay away|weak|poor choice|high-potassium"
        ),
    ),
    (
        "take",
        (
            r"eat|eats|eaten|eating|drink|drinks|drinking|take|takes|taken|taking|try|trying|use|uses|used|using|add|adds|adding|added|enjoy\w*|choos\w+|pick|grab\w*|reach\w* for|go(?:ing)? (?:for|with)|have|having|get|gets|getting|includ\w+|"
            r"snack\w* on|munch\w*|load\w* up|stock\w* up|fill\w*|fuel\w*|boost\w*|increas\w*|more|plenty|lots of|extra|sip\w*|swallow\w*|pop|popping|chew\w*|suck\w*|blend\w*|toss\w*|top|sprinkl\w+|mix|mixing|stir\w*|shake|cook with|keep|keeping|carry|pack|"
            r"order|buy|serve|served|swap in|switch to|switching to|treat yourself|rely on|count on|push\w*|catch up|aim|hydrat\w+|rehydrat\w+|replenish\w*|replac\w+|restor\w+|provid\w+|gives?|giving|offers?|delivers?|supplies|sources?|rich in|full of|packed with|loaded with|"
            r"slice|squeeze|spread|pour|alternate|start|finish|make (?:a|an|some|it)|put|spoon|rub|apply|soak|need|needs|crave|season|keep \w+ing|bring|work in|wash down|follow with|stay|behind on|do well with|follow|drop|dissolve|shake on|refill|guzzle|gulp|down|doubl(?:e|es|ing)|begging for|crying out for|craving|nibbl\w+|feast\w*|indulge\w*|devour\w*|nosh|dig in\w*|tuck into|help yourself|toss in|throw in|fold in|whip up|cook(?:ing)?(?: \w+)? (?:up|with|in|a)|bake|roast|simmer|brew|steep|chug\w*|quaff|down (?:a|one|two)|knock back|glug|swig\w*|lick|nurse|invest in|get hold of|get some|lay in|have (?:some|a|an|one|two|your) |on hand|within reach|handy|by (?:the|your) bed|swap (?:it|them|your|the|table|regular)? ?(?:\w+ )?for|move up to|step up to|turn to|opt for|settle for|go with|look to|lean on|stick (?:with|to)|choose|select|make room for|make it a habit|give (?:it|this|them|\w+) a (?:try|go|whirl|shot)|gel|rubbed? (?:in|on)|inhale|dab|smear|wash it down|carr(?:y|ies|ying)|begin"
        ),
    ),
    (
        "praise",
        (
            r"help\w*|good|great|best|better|ideal|perfect\w*|excellent|wonderful\w*|wonders|fine|okay|ok|safe|safer|safely|healthy|healthful|smart|wise|easy|simple|simplest|quick|quicker|quickest|natural\w*|fix|fixes|cures?|heal\w*|treats?|works?|working|friends?|recommend\w*|advis\w+|suggest\w*|"
            r"encourag\w*|benefi\w+|support\w*|protect\w*|strength\w*|strong|remed\w+|answer|secret|superfoods?|staple|favou?rite|go-to|welcome|allowed|a long way|goes well|trick|does the|swears? by|swore by|sworn by|raves?|vouch\w*|works? wonders|miracle\w*|magic\w*|blessing|boon|bonus|hero|star|champion|winner|top (?:pick|choice)|number one|clever|sensible|reasonable|suits?|suitable|just fine|all right|alright|no trouble|lucky|cheap|convenient|pleasant|lovely|nice|yummy|comforting|cool(?:s|ing)|warming|energi[sz]\w+|wholesome|pure|organic|power\w*|potent|mighty|famous|classic|traditional|trusted|reliable|ready|right|clear(?:s|ed)? up|rescue|first aid|kind(?:er)?|gentle|harmless|tasty|delicious|refreshing|fun|hearty|nutritious|must|"
            r"choices?|ideas?|snacks?|helpers?|boosters?|ways? to|recipe|menu|matters?|key|important|essential|first choice|like|love|loves|popular|settle|clear you|fill in|relax\w*|soothes?|ease[sd]?|bone-building|powerhouse|rebuild\w*|builds?|energ\w+|a treat|boosts?|brings? relief|good for|handy|comfort\w*|improv\w+|prefer\w*|proven|effective|worth|win|wins|bet|solution|relie\w+|restful"
        ),
    ),
    (
        "amount",
        (
            r"(?:a|each|every|per) (?:day|night|morning|evening|week|meal|hour)|daily|nightly|at (?:bedtime|night|lunch|dinner|breakfast|supper)|before (?:bed|sleep|exercise|you sleep)|with (?:\w+ ){0,3}(?:supper|dinner|lunch|breakfast|meals?)|as needed|twice a|once a|after (?:a )?(?:workout|exercise|dialysis|dinner)|"
            r"(?:a|an|one|two|three|four|five|six|eight|ten|half|\d+|few|couple|tall|small|big)(?: (?:or|to) (?:\w+))?(?: (?:a|an|of|big|small|tall|full|good|little|cold|hot|large|fresh|more|extra))* "
            r"(?:handfuls?|glass(?:es)?|cups?|shots?|spoon\w*|bowls?|pinch\w*|slices?|servings?|tablets?|pills?|capsules?|bottles?|liters?|ounces|oz|cartons?|teaspoons?|tablespoons?|bags?|packets?|scoops?|pieces?|doses?|sips?|quarts?|splash|dash|stick)|handful|glass of|cup of|half an?"
        ),
    ),
)
_WORD: Final = re.compile(r"\w+")


class Sign(NamedTuple):
    """A word that says do or do not, and where it stands in the clause."""

    start: int
    end: int
    kind: str


@lru_cache(maxsize=1024)
def signs(clause: str) -> tuple[Sign, ...]:
    """Return the signs of a clause that is in small letters, in order; none overlaps another."""
    found: list[Sign] = []
    end = 0
    for word in _WORD.finditer(clause):
        match = _pattern().match(clause, word.start()) if word.start() >= end else None
        if match and match.lastindex:
            end = match.end()
            found.append(Sign(match.start(), end, _KINDS[match.lastindex - 1][0]))
    return tuple(sign for sign in found if sign.kind != "mute")


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of all signs, with a group for each kind."""
    return re.compile(rf"(?:{'|'.join(f'({words})' for _, words in _KINDS)})\b")
