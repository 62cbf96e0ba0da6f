"""What a clause says of a thing: do, do not, or only that it is so. Pure.

Each clause is read as a chain of signs. "Do not forget to eat a banana": not (-) forget (-) eat (+) comes to "do"; "it is a
mistake to think that bananas help" comes to "do not". What stands before the thing governs it; what stands behind is said of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_ILLS: Final = (
    r"(?:cramp\w*|charley horse\w*|spasms?|twitch\w*|tighten\w*|tight|sore\w*|aches?|pains?(?! (?:reliever|pill|med|killer|relief|gel|cream|patch)\w*)|headaches?|backaches?|stiff\w*|thirst\w*|tired\w*|fatigue|insomnia|swell\w*|constipation|"
    r"colds?|nausea|restless legs?|fog|hangovers?|wheez\w*|chok\w*|jitters|sluggish\w*|dizz\w+|indigestion|gas|reflux|burning|itch\w*|numbness|tingl\w+|infection\w*|inflammation|inflamed|fever|stuff\w*|congestion|sinus\w*|puffiness|puffy|hunger|cravings?|dry mouth|knots?|seiz\w+|clench\w*|nausea|bloat\w*|discomfort|heartburn|weakness|stress|flare\w*|gout|lows?|sugar|dehydrat\w*|problems?|trouble|risks?|chances?)"
)
# The kinds of sign, each with its words; where two begin at the same place the first of these wins.
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (
        "mute",  # says nothing either way: who the words are for, and what is only a way of speaking
        (
            r"(?:told|asked|trying|want|wants|need|needs|hoping|supposed|hard|tough) to (?:cut (?:back|down|out)|limit|watch|avoid|lower|reduce|eat less|drink less)|on a (?:\w+ )?(?:limit|restriction)|"
            r"salt[- ]free|sugar[- ]free|fat[- ]free|caffeine[- ]free|gluten[- ]free|no (?:salt|sugar) added|at the same time|in no time|no time|gives? (?:you )?(?:no|few|little|any) (?:warning|signs?|symptoms?|clue)|no sweat|no fuss|no frills|no wonder|so-called|bad (?:back|knee|night|day|week|weather|press|cramps?)|weak (?:kidneys?|legs?|muscles?|tea)|wake you|less than perfect|more or less|worn out|cut (?:up|into|them small|it small|in half lengthwise)"
        ),
    ),
    (
        "zero",
        (
            r"words (?:such as|like)|than you (?:should|can|may|are)(?: \w+)?|(?:draw|leach|wash|pull|boil|soak|cook)\w* out|pour\w* (?:the |that )?(?:\w+ )?water (?:away|off|out)|no matter|no doubt|(?:full of|loaded with|packed with|plenty of|a lot of|lots of|too much) (?:salt|sodium|sugar|phosph\w+|fat|additives)|no wonder|not only|not just|no one answer|(?:is|are|being|very|also|so|too)? ?(?:high|higher|rich) in (?:potassium|sodium|salt|phosph\w+|magnesium|sugar|protein|vitamin \w)|"
            r"(?:have|has|contains?|holds?|pack|packs|hide|hides|made (?:of|from|with)) (?:[\w-]+ ){0,4}?(?:potassium|sodium|salt|phosph\w+|magnesium|fluid|water|nsaids?|ibuprofen)|"
            r"takes? out|(?:is|are)? ?(?:often |mostly |partly |half |all |really |just )+potassium|(?:drink|eat|tak|get|hav|us)(?:e|ing)? too (?:much|many|little)|more (?:potassium|sodium|phosphorus) than|help (?:you )?(?:choose|decide|plan|pick|find|stay within)|need (?:to )?(?:know|tell|call|ask)|need (?:it|them)|more than"
        ),
    ),
    (
        "plus",
        (
            r"(?:swap|trade|replace|exchange|switch) (?:it |them |this )?(?:for|with|to|in)(?= ?$)|(?:can't|cannot|can not) go wrong|can't beat|cannot beat|nothing (?:beats|(?:[\w']+ ){1,6}?(?:like|better than|faster than|as well as|better))|nothing wrong|no (?:better|reason not)|why not|how about|what about|have you (?:tried|thought)|did you know|"
            r"as much as you (?:like|want|can)|all you want|whenever you (?:like|want)|freely|liberally|generously|to your heart's content|feel free|free to|help yourself|go ahead|no limits?|without (?:limits?|worry)|"
            r"(?:do|does|did|will|would)(?: not|n't) count|not part of your(?: \w+)? (?:limit|amount)|not part of your|is no (?:big )?deal|get (?:your|more|enough|plenty)|never too much|not too much|"
            r"kills? two birds|hits? the spot|(?:just )?the (?:thing|ticket)|just (?:what|the thing)|works? (?:a treat|like (?:a charm|magic)|every time)|tried and true|time-tested|nature's|can't be beat|life ?saver|godsend|worth (?:a try|having|trying|keeping)|pays? off|(?:no|without a|(?:don't|not) need a|needs? no|nobody needs a) prescription|(?:never|can't|cannot|can not|hard to|impossible to) (?:overdo|have too m\w+|get too m\w+|eat too m\w+|drink too m\w+|be overdone)|no such thing as too m\w+|no (?:harm|danger|shame|risk) (?:in|to|from|with)|(?:do|does|did|will|would|can|could)(?: not|n't| no) (?:any )?harm|(?:nobody|no one|no-one|no patient) (?:ever |has (?:ever )?|was ever )(?:[\w']+ ){0,3}?(?:hurt|trouble|sick|harm\w*|died|ill|poison\w*)|never (?:hurt|harmed|did any harm|a worry|a problem|worry)|nothing (?:to (?:worry|fear|lose sleep|fret|stop|be)|wrong)|(?:makes?|made|make) no difference|(?:won't|will not|doesn't|does not|don't|do not|not|never) (?:matter|make (?:a|any) difference|hurt|harm|be a problem)|no (?:cause|reason|call|point|use) (?:to|in|for) (?!(?:eat|drink|tak|us)(?:e|ing)?\b)\w+|(?:needn't|need not|don't have to|do not have to|don't need to|do not need to|no one needs to|nobody needs to|nobody has to|no need to) (?:measure|weigh|think|worry|bother|fret|read|check|give up|go without|restrict|boil|soak)|any way you (?:like|want)|without (?:a )?(?:worry|care|second thought|guilt)|generous|(?:ways? to|helps?(?: you)?(?: to)?|lets? you) (?:cut|lower|reduce|limit|trim|drop|curb)(?: (?:down|back) on| down| back)?|no need to (?:count|track|measure|limit|think|worry|cut|hold back|watch|fear|avoid|skip|ask|tell|call)|don't be (?:shy|afraid|stingy|scared)|do not be (?:shy|afraid|stingy|scared)|as (?:often|much|many)(?: of (?:it|them|that|those|this))? as (?:you|your)|until (?:you are|you're) (?:full|satisfied)|(?:what|whatever|all) you (?:like|want|please|fancy)|spare no|help yourselves|(?:the more|more is)|low in (?:potassium|sodium|phosph\w+)|takes? care of|part of (?:a|your|any|every)|half the battle|may thank you|thank you|will thank"
        ),
    ),
    (
        "flip",
        (
            r"promis\w+ (?:to|that)|sold (?:as|for)|marketed|billed as|touted|advertis\w+|said to|claims? to|claimed to|supposed to|(?:a )?(?:shame|pity|silly|foolish|pointless)|(?:is|are|was|it's|that's) (?:a |an )?(?:\w+ )?(?:myth|mistake|false|untrue|old wives' tale|misconception|lie|not true)|not true|a myth|myth:|mistake to|(?:bad|poor|wrong) idea(?: to)?|no (?:proof|evidence|sign|trial|study|good (?:proof|evidence))|has(?: not|n't) been (?:shown|proven|found)|have(?: not|n't) been (?:shown|proven)|never been (?:shown|proven)|used to be|once (?:used|thought|sold)|(?:people|some|many|others|friends?|you may|you might|websites?|online|relatives) "
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
_SIGNS: Final = re.compile("|".join(f"(?P<{kind}{number}>\\b(?:{words})\\b)" for number, (kind, words) in enumerate(_KINDS)))
_WORDS: Final = re.compile(r"[\w'-]+")
# What is further apart is not said of one another.
_NEAR: Final = 6
_TIGHT: Final = 2
# Signs that weigh what follows them against what stands before: behind a thing they say nothing of it.
_COMPARED: Final = re.compile(r"than|less|fewer|instead of|rather than|in place of")
_MUCH: Final = re.compile(r"extra|more|plenty|lots of")
# How the reader is: behind a thing it is what comes of it, before a thing it says nothing of it.
# Behind a thing such a word tells of it only as what it is: "is bad", not "a bad back".
_IS: Final = re.compile(
    r"(?:bad|weak|wrong|risks?|risky|trouble|problems?|waste|surpris\w*|tricky|hidden|rhythm|stones|burden\w*|confus\w+)"
)
_COPULA: Final = re.compile(r"\b(?:is|are|be|being|was|were|can|may|not|too|more|makes?|as|does|do|cause|causes|means?)\W+(?:\w+\W+){0,2}$")
_STATE: Final = re.compile(r"thirsty|swell\w*|weak\w*|bleeding|trouble|problems?|bad|wrong|failure|upset|risk")
_CONDITION: Final = re.compile(
    r"(?:and |but |so |even )?(?:if|when|whenever|before|after|unless|until|because|since|while|once (?!in a|a |per |every)|who|people who|those who|anyone who)\b"
)
_SUBJECT: Final = re.compile(r"(?:\w+ )?(?:\w+ing|to \w+|people who \w+|those who \w+|anyone who \w+|the \w+ (?:you|that) \w+)\b")
_QUESTION: Final = re.compile(
    r"(?:so |and |but )?(?:can|could|should|may|might|is|are|do|does|did|has|had|have|will|would|what|which|how|when|why|who|where|am|must)\b"
)
_YES: Final = re.compile(
    r"(?:yes|yep|sure|of course|absolutely|certainly|definitely|by all means|true|right|correct|indeed|exactly|you bet|go ahead|no problem|probably)\b"
)
_NO: Final = re.compile(
    r"(?:\w+,? )?(?:dangerous myth|myth|no|not|never|false|wrong|untrue|incorrect|nope|hardly|on the contrary|the opposite|far from it|only for|only if|this is false|that is (?:false|wrong|not)|this is (?:wrong|not)|it is not|they are not|quite the)\b"
)
# "It does.", "They can,": an answer that takes up the myth's own verb.
_ECHO: Final = re.compile(
    r"(?:actually,? |yes,? |oh,? |but |in fact,? )?(?:it|they|that|this|he|she|you|we|one) (?:do|does|did|can|could|is|are|will|would|may|might|has|have|should|must|matters?|counts?|hurts?)(?:n't| not|)(?= ?[.,;:!]| too\b| indeed| after all|$)"
)
_DENIES: Final = re.compile(r"\b(?:not|no|never|nothing|nobody|none|cannot|without|hardly|harmless)\b|n't\b")
_TEAM: Final = r"(?:care team|(?:kidney |renal |dialysis |health )?(?:team|clinic|doctors?|nurses?|dietitians?|dieticians?|providers?|pharmacists?|nephrologists?|unit|specialist|prescribers?|social workers?)|us|we)"
_ASK: Final = re.compile(
    rf"(?:\bnot|\bnever|n't)\b[^.]{{0,80}}\bwithout (?:first )?(?:ask|talk|check|call|a call|speak|clear|your|our|the ok|an ok|approval)\w*"
    rf"|\bnever without (?:ask|talk|check|call)\w*"
    r"|\b(?:ask|asks|asking|check|checking|talk|talking|speak|call|calling|consult|discuss|clear|confirm|run)\b[^.;!?]{0,80}?\b(?:before|first|whether|if (?:you (?:can|may|should|need)|it|this|that|they|these|one|any|a|an|your|the)\b(?! (?:\w+ ){0,2}(?:persist|continue|last|does not|doesn't|do not|don't|gets?|stays?|keeps?|hurts?))|how much|how many|how often|which|what)\b"
    rf"|\b(?:ask|check with|talk (?:to|with)|speak (?:to|with)|consult|discuss)\b[^.;!?]{{0,30}}\b{_TEAM}\b(?: about)?(?! (?:for|to)\b)"
    r"|\b(?:ask|asking|talk|talking|check) (?:\w+ ){0,3}(?:about|on) (?:it|them|these|this|that)\b"
    rf"|\b(?:unless|only if|only when|if|as|until|when|once|after|what|that|than|the \w+)\b[^.;]{{0,30}}\b{_TEAM}\b[^.;]{{0,20}}\b(?:say|says|said|tells?|told|gives?|gave|given|oks?|okays?|okayed|agrees?|approves?|approved|prescrib\w+|orders?|ordered|picks?|chose|chooses?|set|sets|recommends?|recommended|wants?|asks?|advises?)\b"
    rf"|\b{_TEAM}\b (?:\w+ )?(?:can|will|may|might|could|should)(?: \w+| be able to)? (?:tell|help|show|set|decide|choose|pick|suggest|adjust|guide|plan|review|want|order|ask|check|look|switch|change|prescribe|need to|work out|lower|raise|stop|cut|hold|pause|say|advise|know|let|find|give)\b"
    rf"|\b{_TEAM}\b(?: \w+)? (?:decides?|gave you|set for you|has set|have set|prescribed|chose for|has given|have given|picked|planned|sets|chooses|tells)\b"
    r"|\b(?:as|was|were|is|are|been) (?:prescribed|ordered)\b|\bprescribed (?:for|by)\b|\bright for you\b|\bokay for you to\b|\bfits your (?:\w+ )?plan\b|\bblood tests? (?:shows?|says?|tells?|decides?|is|are)\b|\bdepends? on your\b|\bunless (?:told|restricted|prescribed|ordered)\b"
    rf"|\bby (?:your|their|the) {_TEAM}\b"
)
_UNASKED: Final = re.compile(
    r"(?:no need to|no reason to|need not|not need to|n't need to|not have to|n't have to|without|n't bother|not bother|never mind|not necessary to|instead of|rather than|no point in|before you even|not|too late to|even if)\W+(?:[\w']+\W+){0,2}$|\bonly $"
)
_LIMIT: Final = re.compile(
    r"\b(?:within|inside|keep to|stay (?:in|under)|toward|against|part of|in|of|under|reach) (?:your|the) (?:\w+ )?(?:fluid |daily |own )*(?:limit|allowance|amount|plan|goal|total|target|budget)s?\b|\bstay(?:ing)? within\b|\bwithin (?:it|that|them|yours)\b|\b(?:keep|keeping) (?:a |an )?(?:close |careful )?(?:eye|watch|track|record|count)\b|\byour (?:\w+ )?(?:fluid )?limit (?:is|of|lasts|from)\b"
    r"|\bthe amount (?:your|you were|we|that)\b|\bcount(?:s|ed)? (?:as|toward|in|it|them)\b|\bcounts?\b|\bonly (?:as much|what|the)\b|\badding to your\b|\bonly when you are thirsty\b"
)


class Sign(NamedTuple):
    """A word that says do or do not, and where it stands in the clause."""

    start: int
    end: int
    kind: str


class Said(NamedTuple):
    """What a clause says of a thing: 1 do, -1 do not, 0 neither; `taken` where it is about taking it and not only praise.

    `freed` where the words lift a limit or deny a danger: "no need to count them".
    """

    way: int = 0
    taken: bool = False
    fact: bool = False
    condition: bool = False
    freed: bool = False


@lru_cache(maxsize=8192)
def signs(clause: str) -> tuple[Sign, ...]:
    """Give the signs of a clause that is in small letters, in order."""
    found = (Sign(match.start(), match.end(), (match.lastgroup or "").rstrip("0123456789")) for match in _SIGNS.finditer(clause))
    return tuple(sign for sign in found if sign.kind != "mute")


def done_in(clause: str, start: int, end: int, things: Iterable[tuple[int, int]]) -> Said:
    """Say whether a clause tells the reader to do what stands from `start` to `end` in it; `things` are names, whose words count for nothing."""
    around = [sign for sign in signs(clause) if not any(sign.start < stop and sign.end > begin for begin, stop in things)]
    before = [sign for sign in around if sign.end <= start and sign.kind not in {"harm", "praise", "amount", "take"}]
    if any(sign.kind == "ban" and sign.start < start < sign.end for sign in signs(clause)):
        return Said(-1, taken=True, condition=bool(_CONDITION.match(clause)))  # "keep heating pads away"
    left, _ = _left(
        clause, [sign for sign in before if len(_WORDS.findall(clause, sign.end, start)) <= _NEAR or sign.kind == "flip"], start
    )
    right, _ = _right(clause, [sign for sign in around if sign.start >= end])
    flipped = any(sign.kind == "flip" for sign in before)
    if right and (flipped or _SUBJECT.match(clause) or re.match(r"\w+ing\b", clause[start:])):
        left = (left or 1) * right
    return Said(left or 1, taken=True, condition=bool(_CONDITION.match(clause)))


@lru_cache(maxsize=8192)
def said_of(clause: str, start: int, end: int, *, denied: bool = False) -> Said:
    """Say what a clause tells of the thing that stands from `start` to `end` in it; `denied` where a "not" governs all of it."""
    found = signs(clause)
    before = [sign for sign in found if sign.start <= start and not (sign.start == start and sign.kind == "praise")]
    behind = [sign for sign in found if sign.start > start and sign.start >= end]
    left, taken = _left(clause, before, start)
    right, eaten = _right(clause, behind)
    if right < 0 and before and all(_MUCH.fullmatch(clause, sign.start, sign.end) for sign in before):
        left, taken = 0, False  # "the extra potassium can harm you": how much there is, not an order
    fact = any(sign.kind == "zero" for sign in found)
    if any(sign.kind == "zero" and sign.start <= start < sign.end for sign in found):
        return Said(fact=True)
    if fact and all(sign.kind in {"zero", "amount"} or _COMPARED.fullmatch(clause, sign.start, sign.end) for sign in found):
        return Said(fact=True)  # "A glass of juice holds as much potassium as a banana"
    condition = bool(_CONDITION.match(clause))
    freed = any(sign.kind == "plus" for sign in found) and "flip" not in {sign.kind for sign in found}
    if denied:
        return Said(-1 if (left or right or 1) > 0 else 1, taken=True)
    flipped = any(sign.kind == "flip" for sign in before)
    if left and right and (flipped or _SUBJECT.match(clause) or not any(sign.kind in {"take", "ban", "not", "plus"} for sign in before)):
        weak = not flipped and not (_SUBJECT.match(clause) and len(_WORDS.findall(clause, before[-1].end, start)) <= _TIGHT)
        return Said(right if weak else left * right, taken or eaten, fact, condition, freed)
    if left and condition and not flipped and left > 0:
        return Said(right, eaten, fact, condition=True)
    return Said(left or right, taken if left else eaten, fact, condition, freed)


def _left(clause: str, before: list[Sign], start: int) -> tuple[int, bool]:
    """Multiply the signs that govern a thing, from the nearest outward; none is 0."""
    way, edge, harm, taken = 0, start, False, False
    for sign in reversed(before):
        if sign.kind == "zero" or _STATE.fullmatch(clause, sign.start, sign.end):
            continue
        if way and sign.kind != "flip" and len(_WORDS.findall(clause, sign.end, edge)) > _NEAR:
            continue
        # "Your kidneys will hardly notice the odd pill": a "not" or a harm far off, with nothing between, is not about the thing.
        if not way and sign.kind in {"not", "harm"} and len(_WORDS.findall(clause, sign.end, start)) > _TIGHT + 1:
            continue
        edge = sign.start
        taken = taken or sign.kind in {"take", "amount", "plus"}
        if sign.kind == "ban" and harm:  # avoid dangerous foods: one warning, not two that cancel
            continue
        way = (way or 1) * (-1 if sign.kind in {"not", "ban", "harm", "flip"} else 1)
        harm = sign.kind == "harm"
    return way, taken


def _right(clause: str, behind: list[Sign]) -> tuple[int, bool]:
    """Read what is said of a thing behind it: one warning outweighs all praise; none is 0."""
    ways: list[int] = []
    denied, edge, taken, flip = False, 0, False, 1
    for sign in behind:
        if denied and len(_WORDS.findall(clause, edge, sign.start)) > _NEAR:
            denied = False
        if sign.kind == "not":
            denied, edge = True, sign.end
            continue
        if sign.kind == "flip":
            flip = -flip
            continue
        if _COMPARED.fullmatch(clause, sign.start, sign.end) or (sign.kind == "amount" and any(other.kind == "zero" for other in behind)):
            continue
        if sign.kind == "zero" and denied:
            ways.append(1)
            continue
        if sign.kind == "zero" or (
            sign.kind == "take" and not re.search(r"(?:be|is|are|being|get|to)\W+(?:\w+ly )?$", clause[: sign.start])
        ):
            taken = taken or (
                sign.kind == "take"
                and bool(
                    re.match(
                        r"(?:sources?|rich|full|packed|loaded|provid|give|offer|suppl|deliver|restor|replenish|boost)", clause[sign.start :]
                    )
                )
            )
            if taken and not denied and sign.kind == "take":
                ways.append(1)
            continue
        if sign.kind == "harm" and _IS.fullmatch(clause, sign.start, sign.end) and not _COPULA.search(clause[: sign.start]):
            continue
        way = -1 if sign.kind in {"ban", "harm"} else 1
        ways.append(-way if denied else way)
        # To deny a danger is to advise.
        taken = taken or sign.kind in {"amount", "plus", "take"} or (denied and way < 0)
        denied = False
    if not ways:
        return (-1 if denied or flip < 0 else 0), taken
    return (min(ways) * flip), taken


def is_question(clause: str, *, asks: bool) -> bool:
    """Say whether a clause asks without advising: "Why not try one?" advises."""
    return asks and bool(_QUESTION.match(clause)) and not clause.startswith(("why not", "how about", "what about"))


@lru_cache(maxsize=4096)
def verdict(text: str, myth: str = "") -> int:
    """Give what an answer begins with: 1 yes, -1 no, 0 neither. "It does" answers a myth that denies with no."""
    echo = _ECHO.match(text) if myth else None
    if echo:
        return -1 if bool(_DENIES.search(myth)) != bool(_DENIES.search(echo[0])) else 1
    return -1 if _NO.match(text) else 1 if _YES.match(text) else 0


@lru_cache(maxsize=4096)
def asks_first(text: str) -> bool:
    """Say whether a sentence sends the reader to the care team first, or leaves it to them."""
    return any(not _UNASKED.search(text[: match.start()]) or match[0].startswith(("not", "never", "n't")) for match in _ASK.finditer(text))


@lru_cache(maxsize=4096)
def keeps_limit(text: str) -> bool:
    """Say whether a sentence keeps the reader within the amount that was set for them."""
    return any(not _UNASKED.search(text[: match.start()]) for match in _LIMIT.finditer(text))


def reports(text: str) -> bool:
    """Say whether the words before a thing ask the reader to tell the care team of it, or to bring it."""
    return bool(re.search(r"\b(?:tell|bring|show|list|write down|let)\b (?:us|every|your|the|a|all|any|what|which)\b", text))


@lru_cache(maxsize=4096)
def told(text: str) -> bool:
    """Say whether a sentence ends with the care team being told or called."""
    return bool(re.search(rf"\b(?:tell|call|ask|contact|let) (?:your (?:\w+ )?)?(?:{_TEAM})\b|\b911\b", text))


@lru_cache(maxsize=4096)
def has_team(text: str) -> bool:
    """Say whether a sentence names somebody of the care team."""
    return bool(re.search(rf"\b(?:{_TEAM})\b", text))


def ends_denied(clause: str) -> bool:
    """Say whether a clause breaks off behind a "not", as in "Do not, whatever you read, eat"."""
    found = signs(clause)
    return bool(found) and found[-1].kind == "not" and not _WORDS.search(clause, found[-1].end)


def lead_way(texts: Iterable[str]) -> int:
    """Give what a lead-in or a heading says of what stands below it: 1 do, -1 do not, 0 neither."""
    way = 0
    for text in texts:
        found = said_of(f"{text} ", len(text), len(text) + 1)
        # "High in potassium" over a column names what to be careful with.
        way = found.way or (-1 if found.fact else 0) or way
    return way
