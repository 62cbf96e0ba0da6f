"""Find the phrases in a clause that say do or do not. Pure.

One pattern of all phrases would be a page long, and compiling it would take longer than searching
most texts. So each word of a clause is looked up first. Only phrases that may begin with it are
tried, and each is compiled on first use.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

_HELD: Final = r"(?:potassium|sodium|salt|phosph\w+|magnesium|sugar|protein|vitamin \w)"
_ILLS: Final = (
    r"(?:cramp\w*|charley horse\w*|spasms?|twitch\w*|tighten\w*|tight|sore\w*|aches?"
    r"|pains?(?! (?:reliever|pill|med|killer|relief|gel|cream|patch)\w*)|headaches?|backaches?"
    r"|stiff\w*|thirst\w*|tired\w*|fatigue|insomnia|swell\w*|constipation|"
    r"colds?|nausea|restless legs?|fog|hangovers?|wheez\w*|chok\w*|jitters|sluggish\w*|dizz\w+"
    r"|indigestion|gas|reflux|burning|itch\w*|numbness|tingl\w+|infection\w*|inflammation|inflamed"
    r"|fever|stuff\w*|congestion|sinus\w*|puffiness|puffy|hunger|cravings?|dry mouth|knots?"
    r"|seiz\w+|clench\w*|nausea|bloat\w*|discomfort|heartburn|weakness|stress|flare\w*|gout|lows?"
    r"|sugar|dehydrat\w*|problems?|trouble|risks?|chances?)"
)
# The kinds of sign and their phrases. If two match at the same place, the first in this list wins.
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (
        # Says nothing either way: whom the words address, and mere figures of speech.
        "mute",
        (
            r"(?:told|asked|trying|want|wants|need|needs|hoping|supposed|hard"
            r"|tough) to (?:cut back|cut down|cut out|limit|watch|avoid|lower|reduce|eat less"
            r"|drink less)|on a (?:\w+ )?(?:limit|restriction)|"
            r"salt[- ]free|sugar[- ]free|fat[- ]free|caffeine[- ]free|gluten[- ]free"
            r"|no (?:salt|sugar) added|at the same time|in no time|no time"
            r"|gives? (?:you )?(?:no|few|little|any) (?:warning|signs?|symptoms?|clue)|no sweat"
            r"|no fuss|no frills|no wonder|so-called"
            r"|bad (?:back|knee|night|day|week|weather|press|cramps?)"
            r"|weak (?:kidneys?|legs?|muscles?|tea)|wake you|less than perfect|more or less"
            r"|worn out|cut (?:up|into|them small|it small|in half lengthwise)"
        ),
    ),
    (
        "zero",
        (
            r"(?:they|these|those|which|that|it|foods?|drinks?|sources?|examples?|products?|ones) "
            r"(?:\w+ )?includ(?:es?|ing)|words (?:such as|like)|than you (?:should|can|may|are)(?: \w+)?"
            r"|(?:draw|leach|wash|pull|boil|soak|cook)\w* out"
            r"|pour\w* (?:the |that )?(?:\w+ )?water (?:away|off|out)|no matter|no doubt"
            r"|(?:full of|loaded with|packed with|plenty of|a lot of|lots of|too much) (?:salt"
            r"|sodium|sugar|phosph\w+|fat|additives)|no wonder|not only|not just|no one answer"
            rf"|(?:is|are|being|very|also|so|too) (?:high|higher|rich) in {_HELD}"
            rf"|(?:high|higher|rich) in {_HELD}|"
            r"(?:have|has|contains?|holds?|pack|packs|hide|hides|made of|made from"
            r"|made with) (?:[\w-]+ ){0,4}?(?:potassium|sodium|salt|phosph\w+|magnesium|fluid"
            r"|water|nsaids?|ibuprofen)|"
            r"takes? out|(?:is|are) (?:often |mostly |partly |half |all |really |just )+potassium"
            r"|(?:often |mostly |partly |half |all |really |just )+potassium"
            r"|(?:drink|eat|tak|get|hav|us)(?:e|ing)? too (?:much|many|little)"
            r"|more (?:potassium|sodium|phosphorus) than"
            r"|help (?:you )?(?:choose|decide|plan|pick|find|stay within)"
            r"|need (?:to )?(?:know|tell|call|ask)|need (?:it|them)|more than"
        ),
    ),
    (
        "plus",
        (
            r"(?:swap|trade|replace|exchange|switch) (?:it |them |this )?(?:for|with|to|in)(?= ?$)"
            r"|(?:can't|cannot|can not) go wrong|can't beat|cannot beat"
            r"|nothing (?:beats|(?:[\w']+ ){1,6}?(?:like|better than|faster than|as well as"
            r"|better))|nothing wrong|no (?:better|reason not)|why not|how about|what about"
            r"|have you (?:tried|thought)|did you know|"
            r"as much as you (?:like|want|can)|all you want|whenever you (?:like|want)|freely"
            r"|liberally|generously|to your heart's content|feel free|free to|help yourself"
            r"|go ahead|no limits?|without (?:limits?|worry)|"
            r"(?:do|does|did|will|would)(?: not|n't) count"
            r"|not part of your(?: \w+)? (?:limit|amount)|not part of your|is no (?:big )?deal"
            r"|get (?:your|more|enough|plenty)|never too much|not too much|"
            r"kills? two birds|hits? the spot|just the (?:thing|ticket)|the (?:thing|ticket)"
            r"|just (?:what|the thing)|works? (?:a treat|like a charm|like magic|every time)"
            r"|tried and true|time-tested|nature's|can't be beat|life ?saver|godsend"
            r"|worth (?:a try|having|trying|keeping)|pays? off"
            r"|(?:no|without a|don't need a|not need a|needs? no|nobody needs a) prescription"
            r"|(?:never|can't|cannot|can not|hard to|impossible to) (?:overdo|have too m\w+"
            r"|get too m\w+|eat too m\w+|drink too m\w+|be overdone)|no such thing as too m\w+"
            r"|no (?:harm|danger|shame|risk) (?:in|to|from|with)"
            r"|(?:do|does|did|will|would|can|could)(?: not|n't| no) (?:any )?harm"
            r"|(?:nobody|no one|no-one|no patient) (?:ever |has (?:ever )?"
            r"|was ever )(?:[\w']+ ){0,3}?(?:hurt|trouble|sick|harm\w*|died|ill|poison\w*)"
            r"|never (?:hurt|harmed|did any harm|a worry|a problem|worry)"
            r"|nothing (?:to worry|to fear|to lose sleep|to fret|to stop|to be|wrong)"
            r"|(?:makes?|made|make) no difference"
            r"|(?:won't|will not|doesn't|does not|don't|do not|not|never) (?:matter"
            r"|make a difference|make any difference|hurt|harm|be a problem)"
            r"|no (?:cause|reason|call|point|use) (?:to|in"
            r"|for) (?!(?:eat|drink|tak|us)(?:e|ing)?\b)\w+"
            r"|(?:needn't|need not|don't have to|do not have to|don't need to|do not need to"
            r"|no one needs to|nobody needs to|nobody has to|no need to) (?:measure|weigh|think"
            r"|worry|bother|fret|read|check|give up|go without|restrict|boil|soak)"
            r"|any way you (?:like|want)|without (?:a )?(?:worry|care|second thought|guilt)"
            r"|generous|(?:ways? to|helps? you to|helps? you|helps? to|helps?|lets? you) (?:cut"
            r"|lower|reduce|limit|trim|drop|curb)(?: down on| back on| down| back)?"
            r"|no need to (?:count|track|measure|limit|think|worry|cut|hold back|watch|fear|avoid"
            r"|skip|ask|tell|call)|don't be (?:shy|afraid|stingy|scared)"
            r"|do not be (?:shy|afraid|stingy|scared)"
            r"|as (?:often|much|many)(?: of it| of them| of that| of those| of this)? as (?:you"
            r"|your)|until (?:you are|you're) (?:full|satisfied)"
            r"|(?:what|whatever|all) you (?:like|want|please|fancy)|spare no|help yourselves"
            r"|(?:the more|more is)|low in (?:potassium|sodium|phosph\w+)|takes? care of"
            r"|part of (?:a|your|any|every)|half the battle|may thank you|thank you|will thank"
        ),
    ),
    (
        "flip",
        (
            r"promis\w+ (?:to|that)|sold (?:as|for)|marketed|billed as|touted|advertis\w+|said to"
            r"|claims? to|claimed to|supposed to|a (?:shame|pity|silly|foolish|pointless)"
            r"|(?:shame|pity|silly|foolish|pointless)"
            r"|(?:is|are|was|it's|that's) (?:a |an )?(?:\w+ )?(?:myth|mistake|false|untrue"
            r"|old wives' tale|misconception|lie|not true)|not true|a myth|myth:|mistake to"
            r"|(?:bad|poor|wrong) idea(?: to)?"
            r"|no (?:proof|evidence|sign|trial|study|good proof|good evidence)"
            r"|has(?: not|n't) been (?:shown|proven|found)|have(?: not|n't) been (?:shown|proven)"
            r"|never been (?:shown|proven)|used to be|once (?:used|thought|sold)"
            r"|(?:people|some|many|others|friends?|you may|you might|websites?|online|relatives) "
            r"(?:\w+ )?(?:think|say|says|claim|claims|believe|have heard|have read|hear|read"
            r"|tell you)|contrary to|despite what"
            r"|do(?: not|n't) (?:believe|think|assume|fall for|listen)"
            r"|never (?:assume|believe|think)|wrong to|falsely"
        ),
    ),
    (
        "praise",
        (
            r"(?:(?:avoid|prevent|stop|eas|reliev|reduc|fight|beat|cut|settl|sooth|calm|lessen"
            r"|lower|end|cur|treat|fix|tam|quiet|chas|ward|banish|loosen|head|shorten|less|few"
            r"|fend|kill|dull|help)(?:e|es|s|ing|ed|er|ting|ping|y|ies)? "
            r"(?:(?:the|your|my|those|these|a|any|night|leg|muscle|nighttime|most|many|bad|painful"
            r"|calf|foot|of|on|down|back|with|off|away|up|number|all|or|and|prevent|risk"
            r"|chance) ){0,4}"
            rf"|keep\w* (?:[\w']+ ){{0,5}}?from |without ){_ILLS}|"
            r"keep\w* (?:[\w']+ ){0,5}?(?:away|at bay)"
            r"|(?:undo|revers|repair|heal|fix)\w* (?:[\w']+ ){0,3}damage|lose weight"
            r"|(?:smart|good|easy|simple|great|healthy|tasty|better|nice|quick|best) (?:swaps?"
            r"|trades?|switch)|tak\w+ the edge off"
            r"|(?:knock|clear|take|make) (?:[\w']+ ){0,3}(?:out|away|go away)|bring it up"
            r"|bring your sugar|keep\w* (?:[\w']+ ){0,4}?(?:cramps? \w+|loose|strong|calm|steady"
            r"|going|supple|regular|quiet|relaxed|happy|healthy)|put\w* (?:it |them )?back what"
            r"|puts? back|ma(?:k|d)\w* (?:it |them )?(?:the |a )?(?:better|best|good|great|ideal"
            r"|perfect|smart)(?: \w+)?|sooner than"
            r"|(?:ha[sv]e?|has) (?:helped|worked|eased|kept|saved)"
            r"|feel\w* (?:all the )?(?:better|great|good)|gentler|milder|kinder|easier on"
        ),
    ),
    (
        "ban",
        (
            r"(?:pick|choose|find|buy|try|get|use|take|look for|reach for) (?:another|a different"
            r"|something else)(?: (?:brand|one|product|kind))?|only (?:if|when|as|after|with)"
            r"|only$|no more than|at most|too (?:much|many|high|salty|often|fast)"
            r"|put (?:it|them|the \w+|\w+) back|put back"
            r"|leave (?:it|them|\w+|\w+ \w+|\w+ \w+ \w+) (?:on the shelf|out|alone|behind|off)|"
            r"off[- ]limits|off (?:the|your) (?:menu|table|list)|not for you|think twice|say no"
            r"|do without|in place of|instead of|rather than|stay(?:ing)? away"
            r"|keep(?:ing)? away from|steer\w*(?: \w+)? clear|go(?:ing)? easy|hold off|hold back|"
            r"watch(?:ing)? (?:out|for|your|the|how)"
            r"|look for (?=[^.;]*\b(?:on the (?:back|label|box|list|front)"
            r"|in the (?:list|ingredient)|hidden|label|small print))"
            r"|(?:keep|keeping) (?:a |an )?(?:close |careful |sharp )?(?:eye|watch|tabs|track"
            r"|record|note|list|diary|log)|in check|under control|ration\w*|a little less"
            r"|less often|go (?:light|slow)|leave (?:it|them|these|those|this|that|\w+"
            r"|\w+ \w+) (?:on the|in the)|at arm's length|steer (?:well )?away"
            r"|out of (?:the|your|reach)|hands off|lay off|back off|not a (?:good|safe|wise|smart)"
            r"|isn't a (?:good|safe|wise|smart)|no place|no go|a no|please stop|be wary|wary"
            r"|think again|read (?:\w+ )?labels?|read the|check (?:the )?labels?"
            r"|cut(?:ting)? (?:back|down|out)|cut|pass(?:ing)? (?:on|up)|giv(?:e|ing) up"
            r"|swap(?:ping)? out|keep\w* (?:[\w,]+ ){0,8}?(?:off|out|away)"
            r"|only (?:a )?(?:little|small|tiny)|"
            r"small (?:\w+ )?(?:portions?|amounts?|servings?|cups?|pieces?)|in moderation"
            r"|sparingly|leach\w*|double[- ]boil\w*|avoid\w*|pass (?:it|them|this|these|that) up"
            r"|leave (?:\w+ ){1,6}on the shelf|leave (?:these|those|them|it) (?:for|to) others"
            r"|(?:miss|missing) out|go(?:ing)? without|overdo|overdone|limit\w*|restrict\w*"
            r"|skip\w*|miss(?:ing)?|quit\w*|stop\w*|ditch\w*|refrain\w*|refus\w+|forget\w*|"
            r"hesitat\w+|worr(?:y|ies|ied|ying)|fear\w*|afraid|shy|scared|concern\w*|neglect\w*"
            r"|overlook\w*|underestimat\w+|ration|track\w*|measur\w+|weigh|weighs|weighing|count"
            r"|counts|counted|less|fewer|than|beware|careful|caution|cautious|forbidden|banned"
            r"|swap|trade|replace|"
            r"toss out|throw (?:out|away)|reduc\w+|cannot have|can't have|use up|half as"
            r"|switch from|the trouble with"
        ),
    ),
    (
        "not",
        (
            r"not|never|no|nor|neither|cannot|without|hardly|none|nobody|nothing|no one|\w+n't"
            r"|dont|cant|wont|rarely|seldom|unlikely|isnt|arent"
        ),
    ),
    (
        "harm",
        (
            r"tak(?:e|es|ing) away|rob|robs|steal|steals"
            r"|(?:rais|lift|push|driv|spik|increas|elevat)\w* (?:up )?(?:your |the |blood "
            r"|their )*(?:potassium|pressure|blood pressure|phosph\w+|fluid)|build\w* up|builds up"
            r"|buildup|unsafe|danger\w*|risk|risks|risky|harm(?!less)\w*|hurts?|hurting|damag\w+"
            r"|toxic|poison\w*|"
            r"dead(?:ly)?|fatal|kill\w*|death|worse\w*|bad|problems?|trouble|bleeding|injur\w+"
            r"|hard on|thirsty|weaken\w*|strain\w*|swell\w*|cause|causes|caused|failure|fail"
            r"|off[- ]limits|never mix|too high|rise too|overload\w*|load you|upset|speed up"
            r"|scar\w*|throw off|land you|make you (?:sick|weak)|wrong|waste|"
            r"mistake|isn't for you|not (?:meant )?for (?:you|everyone)|isn't for everyone"
            r"|tip\w* (?:the|your)|pil(?:e|es|ing) up|stor(?:e|es) up|mask\w*|muddle\w*|mislead\w*"
            r"|confus\w+|unproven|untested|contaminat\w*|banned|backfire\w*|burden\w*"
            r"|stress(?:es)? (?:the|your)|tax(?:es)? (?:the|your)|ruin\w*|destroy\w*|trigger\w*"
            r"|set(?:s)? off|bring(?:s)? on|lead(?:s)? to|leak\w*|oxalate|stones"
            r"|slow(?:s)? to leave|cannot clear|can't clear"
            r"|stay(?:s)? in (?:the|your) (?:blood|body)|collect\w*|accumulat\w*|add\w* up"
            r"|sneak\w*|hidden|hide|hides|hiding|disguis\w*|tricky|surpris\w*|deceiv\w*|rhythm"
            r"|stop (?:the|your) heart|trap\w*|clash\w*|interact\w*|change how|affect\w*|stay away"
            r"|weak|poor choice|high-potassium"
        ),
    ),
    (
        "take",
        (
            r"eat|eats|eaten|eating|drink|drinks|drinking|take|takes|taken|taking|try|trying|use"
            r"|uses|used|using|add|adds|adding|added|enjoy\w*|choos\w+|pick|grab\w*|reach\w* for"
            r"|go(?:ing)? (?:for|with)|have|having|get|gets|getting|includ\w+|"
            r"snack\w* on|munch\w*|load\w* up|stock\w* up|fill\w*|fuel\w*|boost\w*|increas\w*|more"
            r"|plenty|lots of|extra|sip\w*|swallow\w*|pop|popping|chew\w*|suck\w*|blend\w*|toss\w*"
            r"|top|sprinkl\w+|mix|mixing|stir\w*|shake|cook with|keep|keeping|carry|pack|"
            r"order|buy|serve|served|swap in|switch to|switching to|treat yourself|rely on"
            r"|count on|push\w*|catch up|aim|hydrat\w+|rehydrat\w+|replenish\w*|replac\w+"
            r"|restor\w+|provid\w+|gives?|giving|offers?|delivers?|supplies|sources?|rich in"
            r"|full of|packed with|loaded with|"
            r"slice|squeeze|spread|pour|alternate|start|finish|make (?:a|an|some|it)|put|spoon|rub"
            r"|apply|soak|need|needs|crave|season|keep \w+ing|bring|work in|wash down|follow with"
            r"|stay|behind on|do well with|follow|drop|dissolve|shake on|refill|guzzle|gulp|down"
            r"|doubl(?:e|es|ing)|begging for|crying out for|craving|nibbl\w+|feast\w*|indulge\w*"
            r"|devour\w*|nosh|dig in\w*|tuck into|help yourself|toss in|throw in|fold in|whip up"
            r"|cook(?:ing)?(?: \w+)? (?:up|with|in|a)|bake|roast|simmer|brew|steep|chug\w*|quaff"
            r"|down (?:a|one|two)|knock back|glug|swig\w*|lick|nurse|invest in|get hold of"
            r"|get some|lay in|have (?:some|a|an|one|two|your) |on hand|within reach|handy"
            r"|by (?:the|your) bed|swap (?:it|them|your|the|table|regular)? ?(?:\w+ )?for"
            r"|move up to|step up to|turn to|opt for|settle for|go with|look to|lean on"
            r"|stick (?:with|to)|choose|select|make room for|make it a habit"
            r"|give (?:it|this|them|\w+) a (?:try|go|whirl|shot)|gel|rubbed? (?:in|on)|inhale|dab"
            r"|smear|wash it down|carr(?:y|ies|ying)|begin"
        ),
    ),
    (
        "praise",
        (
            r"help\w*|good|great|best|better|ideal|perfect\w*|excellent|wonderful\w*|wonders|fine"
            r"|okay|ok|safe|safer|safely|healthy|healthful|smart|wise|easy|simple|simplest|quick"
            r"|quicker|quickest|natural\w*|fix|fixes|cures?|heal\w*|treats?|works?|working"
            r"|friends?|recommend\w*|advis\w+|suggest\w*|"
            r"encourag\w*|benefi\w+|support\w*|protect\w*|strength\w*|strong|remed\w+|answer"
            r"|secret|superfoods?|staple|favou?rite|go-to|welcome|allowed|a long way|goes well"
            r"|trick|does the|swears? by|swore by|sworn by|raves?|vouch\w*|works? wonders"
            r"|miracle\w*|magic\w*|blessing|boon|bonus|hero|star|champion|winner"
            r"|top (?:pick|choice)|number one|clever|sensible|reasonable|suits?|suitable|just fine"
            r"|all right|alright|no trouble|lucky|cheap|convenient|pleasant|lovely|nice|yummy"
            r"|comforting|cool(?:s|ing)|warming|energi[sz]\w+|wholesome|pure|organic|power\w*"
            r"|potent|mighty|famous|classic|traditional|trusted|reliable|ready|right"
            r"|clear(?:s|ed)? up|rescue|first aid|kind(?:er)?|gentle|harmless|tasty|delicious"
            r"|refreshing|fun|hearty|nutritious|must|"
            r"choices?|ideas?|snacks?|helpers?|boosters?|ways? to|recipe|menu|matters?|key"
            r"|important|essential|first choice|like|love|loves|popular|settle|clear you|fill in"
            r"|relax\w*|soothes?|ease[sd]?|bone-building|powerhouse|rebuild\w*|builds?|energ\w+"
            r"|a treat|boosts?|brings? relief|good for|handy|comfort\w*|improv\w+|prefer\w*|proven"
            r"|effective|worth|win|wins|bet|solution|relie\w+|restful"
        ),
    ),
    (
        "amount",
        (
            r"(?:a|each|every|per) (?:day|night|morning|evening|week|meal|hour)|daily|nightly"
            r"|at (?:bedtime|night|lunch|dinner|breakfast|supper)"
            r"|before (?:bed|sleep|exercise|you sleep)"
            r"|with (?:\w+ ){0,3}(?:supper|dinner|lunch|breakfast|meals?)|as needed|twice a|once a"
            r"|after (?:a )?(?:workout|exercise|dialysis|dinner)|"
            r"(?:a|an|one|two|three|four|five|six|eight|ten|half|\d+|few|couple|tall|small"
            r"|big)(?: (?:or|to) (?:\w+))?(?: (?:a|an|of|big|small|tall|full|good|little|cold|hot"
            r"|large|fresh|more|extra))* "
            r"(?:handfuls?|glass(?:es)?|cups?|shots?|spoon\w*|bowls?|pinch\w*|slices?|servings?"
            r"|tablets?|pills?|capsules?|bottles?|liters?|ounces|oz|cartons?|teaspoons?"
            r"|tablespoons?|bags?|packets?|scoops?|pieces?|doses?|sips?|quarts?|splash|dash|stick)"
            r"|handful|glass of|cup of|half an?"
        ),
    ),
)
_WORD: Final = re.compile(r"\w+")


class Sign(NamedTuple):
    """A phrase that says do or do not, and its place in the clause."""

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
