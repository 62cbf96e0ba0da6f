"""Test what is passed over in names and explained words, beside what is still told."""

from __future__ import annotations

import time

import pytest
from texts_as_read import edition_of

from teachback.checking.plain_language.lengths_and_headings import plain_language_findings
from teachback.checking.rule import Example, ReaderText

HARD, TERM, SHORT = "plain-hard-word", "plain-term", "plain-abbreviation"


def told(text: str, rule: str) -> list[str]:
    """Return the words that a rule finds in a text, in order."""
    edition = edition_of(Example(text, audience="general"))
    return [found.words for found in plain_language_findings(edition) if found.rule == rule]


@pytest.mark.parametrize(
    ("rule", "name", "other", "words"),
    [
        # Words before their own initials are a name; a hard word that is all of it has a plain one.
        (
            HARD,
            "Mild cognitive impairment (MCI) is common.",
            "A mild impairment (see MCI) is common.",
            ["impairment"],
        ),
        (
            HARD,
            "Disseminated intravascular coagulation (ko-ag-u-LA-shun), or DIC, is rare.",
            "The clots are disseminated in the body.",
            ["disseminated"],
        ),
        (
            HARD,
            "## What is Mild Cognitive Impairment?\nMild cognitive impairment (MCI) is common.",
            "Ask a health care professional (HCP) first.",
            ["health care professional"],
        ),
        # "Chronic" before a word of an illness is its name, not a description.
        (
            HARD,
            "It may be chronic myelomonocytic leukemia.",
            "It may be a chronic cough.",
            ["chronic"],
        ),
        (HARD, "You have chronic sinusitis.", "Have you a chronic illness?", ["chronic"]),
        (HARD, "It is chronic myelogenous leukemia.", "It is a chronic diagnosis.", ["chronic"]),
        (HARD, "You have chronic sinusitis.", "You have frequent sinusitis.", ["frequent"]),
        (
            TERM,
            "It is acute lymphoblastic leukemia.",
            "You have an acute infection.",
            ["acute"],
        ),
        # A title that is only a name of an illness.
        (
            HARD,
            "# Chronic lung disease\nAsk us about chronic lung disease.",
            "# Chronic pain\nAsk us about chronic pain.",
            ["Chronic"],
        ),
        (
            HARD,
            "# Chronic lung disease\nAsk us about it.",
            "# Preventing chronic lung disease\nAsk us about it.",
            ["chronic"],
        ),
        # An entry that is only a name.
        (
            TERM,
            "- Pulmonary interstitial glycogenosis (gli-ko-JEN-eh-sis)",
            "- Pulmonary veins",
            ["Pulmonary"],
        ),
        (
            TERM,
            "- Pulmonary interstitial glycogenosis",
            "It harms the pulmonary veins.",
            ["pulmonary"],
        ),
        (TERM, "- Pulmonary interstitial glycogenosis", "- Mild stenosis", ["stenosis"]),
        (
            TERM,
            "Hantavirus pulmonary syndrome (HPS) is rare.",
            "End stage renal disease (ESRD) is rare.",
            ["renal"],
        ),
        # A term in a term: what is said of the whole is enough.
        (
            HARD,
            "Cardiac arrest (the heart stops) is rare.",
            "Your cardiac output is low.",
            ["cardiac"],
        ),
        # What is set, or no person.
        (HARD, "We check your vital signs.", "This step is vital.", ["vital"]),
        (
            HARD,
            "These are individual choices.",
            "It helps an individual who is ill.",
            ["individual"],
        ),
        (HARD, "These are individual choices.", "It helps some individuals.", ["individuals"]),
        (HARD, "Wear an event monitor at home.", "We monitor your weight.", ["monitor"]),
        (HARD, "It may be an attention deficit.", "You have a deficit.", ["deficit"]),
        (HARD, "Begin by avoiding triggers, such as smoke.", "It triggers a cough.", ["triggers"]),
        (HARD, "It may be chronic wasting disease.", "It is a chronic disease.", ["chronic"]),
        (HARD, "Ask about assisted living.", "A nurse assisted you.", ["assisted"]),
        (
            HARD,
            "Acute disseminated encephalomyelitis (ADEM) is rare.",
            "Disseminated cancer (ADEM) is rare.",
            ["Disseminated"],
        ),
        (
            TERM,
            "Acute disseminated encephalomyelitis (ADEM) is rare.",
            "Acute dissections (ADEM) are rare.",
            ["Acute"],
        ),
        (HARD, "It is a sexually transmitted disease.", "It is transmitted.", ["transmitted"]),
        (TERM, "It is made of calcium phosphate.", "It is made of phosphate.", ["phosphate"]),
        (HARD, "Certain triggers can cause it.", "It triggers a cough.", ["triggers"]),
        (HARD, "See a respiratory therapist.", "It is a respiratory illness.", ["respiratory"]),
        (HARD, "Read the frequently asked questions.", "It comes frequently.", ["frequently"]),
        (HARD, "It has an underlying cause.", "It has a subsequent cause.", ["subsequent"]),
        # A compound with a hyphen is one word; "-" between blanks makes none.
        (
            HARD,
            "It is an age-appropriate task.",
            "This - appropriate or not - helps.",
            ["appropriate"],
        ),
        (HARD, "It is an age-appropriate task.", "We re-evaluate it.", ["evaluate"]),
        (
            HARD,
            "It is a heart-monitor test.",
            "Self-monitor your blood pressure.",
            ["monitor"],
        ),
        (HARD, "It is an over-administer test.", "Self-administer the shot.", ["administer"]),
        (HARD, "These are individual choices.", "An individual needs help.", ["individual"]),
        (
            HARD,
            "Begin by avoiding triggers, such as smoke.",
            "You may have trouble, triggers, and pain.",
            ["triggers"],
        ),
        (HARD, "It is called a physician group.", "The nurse called a physician.", ["physician"]),
        (
            TERM,
            "It is made of calcium phosphate.",
            "Take sodium phosphate before the test.",
            ["sodium", "phosphate"],
        ),
        # An order or a treatment is no name.
        (TERM, "- Pulmonary interstitial glycogenosis", "- Dialysis for amyloidosis", ["Dialysis"]),
        (
            TERM,
            "- Pulmonary interstitial glycogenosis",
            "- Biopsy to find glomerulonephritis",
            ["Biopsy"],
        ),
        (
            HARD,
            "- Chronic interstitial sinusitis",
            "- Utilize analgesics for arthritis",
            ["Utilize", "analgesics"],
        ),
        (
            HARD,
            "- Chronic interstitial sinusitis",
            "- Discontinue metformin in acidosis",
            ["Discontinue"],
        ),
        (
            HARD,
            "- Chronic interstitial sinusitis",
            "- Administer insulin for acidosis",
            ["Administer"],
        ),
        # Names of illnesses, operations, professions and the like.
        (HARD, "It may be erectile dysfunction.", "It may be liver dysfunction.", ["dysfunction"]),
        (HARD, "It may be cutaneous lupus.", "It may be a cutaneous rash.", ["cutaneous"]),
        (
            HARD,
            "You may need a bilateral salpingo-oophorectomy.",
            "You may have bilateral pain.",
            ["bilateral"],
        ),
        (
            HARD,
            "Ask about the Cancer Risk Assessment Tool.",
            "Ask about the risk assessment tool.",
            ["assessment"],
        ),
        (
            HARD,
            "Ask about the Cancer Risk Assessment Tool.",
            "## What to Know About Your Risk Assessment Today",
            ["Assessment"],
        ),
        (HARD, "Wear shoe inserts.", "We insert a tube.", ["insert"]),
        (HARD, "Assisted reproduction can help.", "She assisted us.", ["assisted"]),
        (HARD, "- Modified radical mastectomy", "- Modified salt", ["Modified"]),
        (
            HARD,
            "It may be a persistent vegetative state.",
            "You have a persistent cough.",
            ["persistent"],
        ),
        (HARD, "Bring your mobility aid.", "Ask about your mobility.", ["mobility"]),
        (HARD, "It may be an absence seizure.", "Call in her absence.", ["absence"]),
        (HARD, "It may be an adjustment disorder.", "Make an adjustment.", ["adjustment"]),
        (HARD, "Begin cardiac rehab.", "Your cardiac output is low.", ["cardiac"]),
        (HARD, "It may be a conduct disorder.", "We conduct a test.", ["conduct"]),
        (HARD, "It is alpha-1 antitrypsin deficiency.", "It is a deficiency.", ["deficiency"]),
        (HARD, "It may be essential tremor.", "This step is essential.", ["essential"]),
        (HARD, "It may be a stress fracture.", "You have a fracture.", ["fracture"]),
        (HARD, "A gastric bypass can help.", "It is in the gastric juice.", ["gastric"]),
        # Initials before "deficiency", a number between hyphens, the name of a tumor.
        (HARD, "Do you have G6PD deficiency?", "You have a B12 deficiency.", ["deficiency"]),
        (HARD, "# G6PD Deficiency\nCall us.", "Ask about iron deficiency.", ["deficiency"]),
        (HARD, "It is glucose-6 (G6PD) deficiency.", "IRON DEFICIENCY", ["DEFICIENCY"]),
        (HARD, "It is IgA deficiency.", "Your MRI showed an abnormality.", ["abnormality"]),
        (
            TERM,
            "It is glucose-6-phosphate dehydrogenase.",
            "You need glucose-rich drinks.",
            ["glucose"],
        ),
        (
            TERM,
            "It is glucose-6-phosphate dehydrogenase.",
            "Have a glucose-24-hour test.",
            ["glucose"],
        ),
        (
            TERM,
            "It may be a gastrointestinal stromal tumor.",
            "It may be a gastrointestinal tumor.",
            ["gastrointestinal"],
        ),
        (
            TERM,
            "It may be a gastrointestinal stromal tumor.",
            "It may be a malignant spinal tumor.",
            ["malignant"],
        ),
        (
            TERM,
            "It may be a gastrointestinal stromal tumor.",
            "Biopsy spinal tumors.",
            ["Biopsy"],
        ),
        (HARD, "A disorder not otherwise specified.", "Take the specified dose.", ["specified"]),
        (HARD, "You have the right of informed consent.", "You will be informed.", ["informed"]),
        (HARD, "Ask your immediate family.", "You need immediate help.", ["immediate"]),
        (HARD, "He is visually impaired.", "His growth is impaired.", ["impaired"]),
        (HARD, "Ask about intermittent fasting.", "The pain is intermittent.", ["intermittent"]),
        (HARD, "It is spinal muscular atrophy.", "It is muscular pain.", ["muscular"]),
        (HARD, "Ask the physician assistant.", "Ask the physician.", ["physician"]),
        (HARD, "Clean your respiratory tract.", "It is a respiratory illness.", ["respiratory"]),
        (HARD, "Go to a trauma center.", "It comes from trauma.", ["trauma"]),
        (HARD, "It may be positional vertigo.", "You may have vertigo.", ["vertigo"]),
        (HARD, "These are vital statistics.", "This step is vital.", ["vital"]),
        (HARD, "It may be an abnormal test.", "It may be an abnormality.", ["abnormality"]),
        # Everyday names need no explanation in passing; others do.
        (TERM, "It may come from gout or a fall.", "It may come from lupus or a fall.", ["lupus"]),
    ],
)
def test_a_word_in_a_name_is_passed_over(
    rule: str, name: str, other: str, words: list[str]
) -> None:
    """A word that cannot be changed, since a name has it, is not told; elsewhere it is."""
    assert told(name, rule) == []
    assert told(other, rule) == words


def test_an_individual_is_told_once() -> None:
    """One word has one hint, in the singular and in the plural."""
    assert told("An individual with it rests. Individuals with it rest.", HARD) == ["individual"]


def test_a_term_in_a_name_is_told_at_its_next_use() -> None:
    """A name explains nothing: the first use outside it is told."""
    text = "- Pulmonary interstitial glycogenosis\nIt harms the pulmonary veins."
    assert told(text, TERM) == ["pulmonary"]


@pytest.mark.parametrize(
    ("rule", "explained", "other", "words"),
    [
        (
            HARD,
            "Ask about your prognosis (chance of recovery). The prognosis differs.",
            "Ask about your prognosis (see page 3).",
            ["prognosis"],
        ),
        (
            HARD,
            'You may have an interrupted ("stop-and-go") flow.',
            "You may have an interrupted (1 of 3) flow.",
            ["interrupted"],
        ),
        (
            HARD,
            "A chronic (long-term) illness is common.",
            "A chronic (KRON-ik) illness is common.",
            ["chronic"],
        ),
        (
            TERM,
            "It may be a benign tumor (noncancer), which grows.",
            "It may be a benign tumor, which grows.",
            ["benign"],
        ),
        (
            HARD,
            "It can spread through the body (disseminated infection).",
            "It can harm the body (disseminated infection).",
            ["disseminated"],
        ),
        (
            HARD,
            "It can spread through the body (disseminated infection).",
            "It can spread (you may get a disseminated infection).",
            ["disseminated"],
        ),
        (
            HARD,
            "It spreads to all organs. This is called disseminated disease.",
            "It spreads to all organs. This is a disseminated disease.",
            ["disseminated"],
        ),
        # A sentence on how it comes explains "acute", and no other word.
        (TERM, "Acute DIC develops quickly.", "Hypertension lasts for life.", ["Hypertension"]),
        # "Your body's" explains, "your" does not.
        (
            TERM,
            "These tasks are your body's metabolism.",
            "These are your electrolytes.",
            ["electrolytes"],
        ),
        (
            TERM,
            "These tasks are your body's metabolism.",
            "These pills are your anticoagulant.",
            ["anticoagulant"],
        ),
        (
            TERM,
            "A lump can be benign, which is noncancerous.",
            "A lump can be malignant or noncancerous.",
            ["malignant"],
        ),
        # Brackets with a time, an amount or a degree explain nothing.
        (
            HARD,
            "Monitor (check) your weight. Monitor your legs, too.",
            "Monitor (daily) your weight. Monitor your legs, too.",
            ["Monitor"],
        ),
        (
            HARD,
            "Ask about your prognosis (chance of recovery).",
            "The nurse administers (gently) the shot.",
            ["administers"],
        ),
        (
            HARD,
            "Call the physician (doctor).",
            "Notify the physician (day or night).",
            ["Notify", "physician"],
        ),
        (HARD, "Administer (give) the shot.", "Administer (twice daily) the shot.", ["Administer"]),
        (
            HARD,
            "Keep the incision (cut) dry.",
            "Keep the incision (three weeks) dry.",
            ["incision"],
        ),
        (HARD, "Nausea (upset stomach) and pain.", "Nausea (very bad) and pain.", ["Nausea"]),
        (HARD, "Lead occurs naturally in earth.", "It occurs at night.", ["occurs"]),
        (
            HARD,
            "Fatigue may come back. This fatigue (tiredness) lasts.",
            "Fatigue (such as after a walk) may come back.",
            ["Fatigue"],
        ),
        (
            TERM,
            "The two types are acute and mild. Acute DIC develops quickly (in hours).",
            "The two types are acute and mild. Acute DIC is common.",
            ["acute"],
        ),
        (
            HARD,
            "The two types are short and chronic. Chronic DIC develops slowly.",
            "The two types are short and chronic. Chronic DIC is common.",
            ["chronic"],
        ),
        (
            TERM,
            "It holds the minerals calcium and phosphorus.",
            "It holds minerals. Calcium and phosphorus are two.",
            ["phosphorus"],
        ),
        (
            TERM,
            "It holds the minerals calcium, potassium and zinc.",
            "It holds the minerals that strong bones need and potassium.",
            ["potassium"],
        ),
        (
            HARD,
            "Palpitations -- an abnormal rapid heartbeat",
            "Palpitations -- call us",
            ["Palpitations"],
        ),
        (HARD, "Fatigue: feeling tired all day", "Fatigue: call us today", ["Fatigue"]),
        (
            HARD,
            "Call us. Palpitations - a heartbeat that you feel - are common.",
            "Complications: a stroke, a heart attack",
            ["Complications"],
        ),
        (
            HARD,
            "It affects prognosis (chance of recovery) and more.",
            "It affects prognosis (in some people) and more.",
            ["prognosis"],
        ),
        (
            HARD,
            "It affects prognosis (chance of recovery) and more.",
            "You should monitor (cups of coffee) and more.",
            ["monitor"],
        ),
        (
            TERM,
            "An arrhythmia is any problem with the beat of your heart.",
            "An arrhythmia is common.",
            ["arrhythmia"],
        ),
        (
            TERM,
            "Your body burns food. These tasks are your body's metabolism.",
            "Your body burns food. It changes your body's metabolism.",
            ["metabolism"],
        ),
    ],
)
def test_an_explained_word_is_passed_over(
    rule: str, explained: str, other: str, words: list[str]
) -> None:
    """A word is explained in brackets right behind it, or by a sentence of its section on it."""
    assert told(explained, rule) == []
    assert told(other, rule) == words


def test_a_hard_word_is_known_from_the_section_that_explains_it() -> None:
    """A later section may use it; an earlier one may not."""
    first, second = "It is a chronic (ongoing) illness.", "It is a chronic illness."
    for texts, words in (((first, second), []), ((second, first), ["chronic"])):
        edition = edition_of(Example("\n".join(texts)))
        sections = tuple(
            passage._replace(section=f"part-{number}")
            for number, passage in enumerate(edition.passages)
        )
        found = plain_language_findings(ReaderText(None, edition.reader, sections))
        assert [finding.words for finding in found if finding.rule == HARD] == words


@pytest.mark.parametrize(
    ("name", "other", "words"),
    [
        ('It makes a "lub-DUPP" sound.', "Ask about anti-TNF pills.", ["TNF"]),
        ("It makes a lub-DUB sound.", "It makes a DUB.", ["DUB"]),
        ('It makes a "lub-DUB" sound.', 'Ask about your "non-HDL" level.', ["HDL"]),
        ('It makes a "lub-DUB" sound.', 'It is a "non-STEMI" heart attack.', ["STEMI"]),
        ('It makes a "lub-DUB" sound.', 'It is "anti-GBM" disease.', ["GBM"]),
        ('It makes a "lub-DUB" sound.', 'Take "low-NSAID" pills.', ["NSAID"]),
        ("It is acute kidney injury (AKI).", "AKI happens quickly.", ["AKI"]),
        (
            "It is end-stage kidney disease (ESKD).",
            "ESRD develops slowly over years.",
            ["ESRD"],
        ),
        ("It is a deep vein thrombosis (DVT).", "DVT happens when you sit a lot.", ["DVT"]),
        ("This is your eGFR (how well your kidneys work).", "This is your eGFR.", ["eGFR"]),
        ("See the PDQ summary on flu.", "See the PDQ site.", ["PDQ"]),
        ("You may need a CT scan.", "You may need a CT.", ["CT"]),
        ("You may need a CT or MRI scan.", "You may need a CT or an MRI.", ["CT"]),
        ("It is the BRCA1 or BRCA2 gene.", "It is the IGF1 level.", ["IGF1"]),
        (
            'Thinking of "ABCDE" can help you remember what to look for.',
            'Thinking of "ABCDE" can help you.',
            ["ABCDE"],
        ),
        (
            "It may be transient ischemic attacks (TIA, or mini-strokes).",
            "It may be some attacks (TIA, or mini-strokes).",
            ["TIA"],
        ),
        (
            "Use RICE. This stands for rest, ice and so on.",
            "Use RICE. This helps you.",
            ["RICE"],
        ),
        (
            "## What is Omsk hemorrhagic fever (OHF)?\nOHF begins with chills.",
            "## What is Omsk fever?\nOHF begins with chills.",
            ["OHF"],
        ),
        (
            "It is a disorder not otherwise named (often referred to as PDD-NOS).",
            "It may be PDD-NOS.",
            ["PDD-NOS"],
        ),
        ("Ask about HIV-AIDS.", "Ask about HIV-NOS.", ["HIV-NOS"]),
        ("See the PDQ treatment summaries.", "See the NCI summaries.", ["NCI"]),
    ],
)
def test_capitals_that_stand_for_no_words(name: str, other: str, words: list[str]) -> None:
    """A loud syllable and the name of a product are no abbreviations to spell out."""
    assert told(name, SHORT) == []
    assert told(other, SHORT) == words


def test_capitals_with_a_hyphen_are_an_abbreviation() -> None:
    """But none where one of them is a common word, or where they stand apart."""
    assert told("It may be PDD-NOS.", "plain-capitals") == []
    assert told("DO-NOT eat it.", "plain-capitals") == ["DO-NOT"]
    assert told("STOP-SMOKING now.", "plain-capitals") == ["STOP-SMOKING"]
    assert told("Use ICE CUBES.", "plain-capitals") == ["ICE CUBES"]


def test_capitals_that_are_spelled_out_are_no_shout() -> None:
    """'ALL' is an abbreviation where the handout spells it out, and a shout elsewhere."""
    spelled = "Acute lymphocytic leukemia (ALL) is rare.\nThe signs of adult ALL are a fever."
    assert told(spelled, "plain-capitals") == []
    assert told("Take ALL your pills (and rest).", "plain-capitals") == ["ALL"]
    assert told("Ask about adult leukemia (ALL).", "plain-capitals") == ["ALL"]
    spelled_twice = "Acute lymphocytic leukemia, or ALL, is rare. She has ALL. ALL is rare (ALL)."
    assert told(spelled_twice, "plain-capitals") == []
    assert told(f"{spelled}\nTake ALL your pills with ALL food.", "plain-capitals") == ["ALL"] * 2
    assert told(f"{spelled}\nALL patients must call.", "plain-capitals") == ["ALL"]
    assert told("ALL patients must call. It is acute lymphocytic leukemia (ALL).", "plain-capitals")
    assert told("DO call if drug overdose (DO) happens.", "plain-capitals") == ["DO"]
    assert told("Do NOT take it. The new oral therapy (NOT) is good.", "plain-capitals") == ["NOT"]


@pytest.mark.parametrize(
    ("fact", "order", "rule"),
    [
        (
            "Half are bad enough that people must stay.",
            "Some are bad. For more, people must ask.",
            "plain-third-person",
        ),
        (
            "Everyone in the household should take it.",
            "Everyone with worms should take it.",
            "plain-third-person",
        ),
        (
            "For people who often faint, therapy should help.",
            "People who often faint, and have no help, should rest.",
            "plain-third-person",
        ),
        (
            "People with bad attacks may need to be treated.",
            "People with bad attacks may need to rest.",
            "plain-third-person",
        ),
        (
            "We look to see if it should be watched.",
            "If you have it, it should be watched.",
            "plain-passive",
        ),
        (
            "Help us in deciding which diseases should be studied.",
            "Pills for all diseases should be taken with food.",
            "plain-passive",
        ),
        (
            "The best plan should be decided by an eye doctor.",
            "The best plan should be decided by Monday, and your doctor can help.",
            "plain-passive",
        ),
        (
            "The pills must be kept safely by your parents.",
            "The pills must be taken by mouth.",
            "plain-passive",
        ),
        (
            "It should be checked by your health care team.",
            "It should be checked by noon unless your doctor calls.",
            "plain-passive",
        ),
        (
            "The best plan for each patient should fit.",
            "Each patient should ask.",
            "plain-third-person",
        ),
        (
            "It helps the individual's sleep and should be easy.",
            "The individual must sleep.",
            "plain-third-person",
        ),
        (
            "They do not speak and they are unable to move.",
            "They do not speak of being unable to move.",
            "plain-double-negative",
        ),
        (
            "You may have no periods or no milk.",
            "No pill lacks a label or a cap.",
            "plain-double-negative",
        ),
        (
            "Children get one. Then, as adults, they should get another one.",
            "As adults in need of help, patients should call.",
            "plain-third-person",
        ),
        (
            "Children get one. Then, as adults, they should get another one.",
            "As adults, they should take two pills.",
            "plain-third-person",
        ),
        (
            "It is a part of childhood immunization. Adults should get a booster.",
            "Keep it away from children. Adults should get a booster.",
            "plain-third-person",
        ),
        (
            "Children should take one, and adults should take two.",
            "Children get one. Patients should take two.",
            "plain-third-person",
        ),
        (
            "You and your partner must be treated.",
            "The wound must be treated with this cream.",
            "plain-passive",
        ),
        ("Asthma must be treated.", "Warts must be treated twice a day.", "plain-passive"),
        (
            "For people on dialysis, salt should be low.",
            "For people on dialysis, they should limit salt.",
            "plain-third-person",
        ),
        (
            "It should be taken only by your doctor.",
            "The medicine should be taken as directed by your doctor.",
            "plain-passive",
        ),
        (
            "It should not be taken by adults.",
            "Ibuprofen should not be taken unless advised by your doctor.",
            "plain-passive",
        ),
        (
            "The dressing must be changed by your nurse.",
            "The dressing must be changed when told to by your nurse.",
            "plain-passive",
        ),
        (
            "Pain must be reported by your nurse.",
            "Pain must be reported if caused by nerves.",
            "plain-passive",
        ),
        (
            "Your arm should be held carefully by your nurse.",
            "Your arm should be held close by your heart.",
            "plain-passive",
        ),
        (
            "Not smoking can prevent it.",
            "You cannot fail to prevent it.",
            "plain-double-negative",
        ),
        (
            "They may be signs of other problems that should be treated.",
            "Bring the pills that should be taken at noon.",
            "plain-passive",
        ),
        ("For relief, try getting plenty of rest.", "Eat plenty of fruit.", "plain-vague"),
        (
            "It can't be prevented. You cannot avoid it.",
            "It is not uncommon.",
            "plain-double-negative",
        ),
        (
            "The shoulder must be held by muscles.",
            "The shoulder must be held by hand.",
            "plain-passive",
        ),
        (
            "Talk with us about whether and how you should be treated.",
            "Pills should be taken with food.",
            "plain-passive",
        ),
    ],
)
def test_what_somebody_else_decides_is_no_order(fact: str, order: str, rule: str) -> None:
    """A fact and an indirect question tell the reader to do nothing."""
    assert told(fact, rule) == []
    assert len(told(order, rule)) == 1


def test_a_long_paragraph_takes_no_more_time_for_each_word() -> None:
    """Only the words around a hard word are searched: the square of a length would take long."""
    text = "We administer this and the physician must be notified subsequently and "
    started = time.process_time()
    assert told(text * 900, HARD)
    assert time.process_time() - started < 3  # seconds; it was 14
