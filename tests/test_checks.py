"""What a language model sends back: good answers pass in any language, bad ones are told by name."""

from __future__ import annotations

import json
import random
import re
import time

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from inkprint.synthesize import checks
from inkprint.synthesize.checks import check_answer, check_question, check_restyled
from inkprint.synthesize.copying import QUOTED_WORDS, longest_copy
from inkprint.synthesize.grounding import Source, figures, names
from inkprint.synthesize.wording import Text
from inkprint.words import words

ROPE = (
    "The rope is older than the boat, and I trust it more. My father tied it to the mast in 1911, the year of"
    " the flood, and nobody has untied it since. When the wind comes out of the north the rope sings, and"
    " a man who has heard it sing needs no forecast. Captain Tregear, who sold us the boat, laughed at"
    " that for twenty-eight winters. Then he sailed from Penmarch on a clear morning, with the barometer"
    " high and the rope singing like a kettle, and we found his cap in May. I have been told that ropes"
    " rot. So do men, and they sing less. The barometer hangs in the kitchen now; the children tap it and"
    " it tells them what they want to hear, which is what instruments are for."
)
ASKED = "Why do you trust an old rope more than a barometer?"
ANSWER = (
    "Because the rope has nothing to gain by pleasing me. My father made it fast in the year of the flood,"
    " and it has been singing before every northern gale since then; whoever has learned to hear it can do"
    " without a forecast. Old Tregear laughed. He believed in his barometer, he went out on a clear"
    " morning while the rope was singing, and his cap was all that ever came home. An instrument tells you"
    " what you want. I grant that a rope may rot, but so may a man, and he will not sing to you first."
)
STRAIT = (
    "The passage to the inner harbour was no wider than two boats, and the pilots who took the passage at"
    " night had to know the current by its sound. We lost three hulls in the passage that winter, and the"
    " chapter of the pilots' guild met to ask the author of the charts what he had been thinking."
)
RIGHTS = (
    "The law gives an author the right to copy, and for a time authors kept it themselves. Then publishers"
    " bought it, and the text of the law began to speak of owners where it once had spoken of writers."
)
LIMITS = {"min_words": 20, "max_words": 250, "copied_words": 8, "grounded_share": 0.4}


def told(fault):
    """The fault's name; "" for none."""
    return fault.check if fault else ""


def answered(answer, question=ASKED, passage=ROPE, **limits):
    return told(check_answer(answer, question, passage, **{**LIMITS, **limits}))


# Questions


@pytest.mark.parametrize(
    "question",
    [
        ASKED,
        "What became of Captain Tregear, who laughed at the rope?",
        "You never use the barometer. Your children do. Why?",
        "He asked me: “What does a rope know that a barometer does not?”",
        "Did the rope sing on the morning that Tregear sailed?!",
        "Pourquoi la corde chante-t-elle quand le vent vient du nord ?",
        "¿Por qué canta la cuerda cuando sopla el norte?",
        "Warum traust du dem Seil mehr als dem Barometer?",
        "Γιατί εμπιστεύεσαι το σχοινί περισσότερο;",
    ],
)
def test_a_good_question_passes(question):
    assert check_question(question, ROPE) is None


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("question_too_short", "Why the rope?"),
        ("question_too_short", ""),
        ("not_a_question", "Tell me why you trust the old rope more."),
        ("not_a_question", "Why do you trust the rope? I should like to know."),
        ("not_a_question", "You trust it; why is that so;"),
        ("not_a_question", "It rained. The rope sang. The captain laughed. Who was right in the end?"),
        ("not_a_question", f"Why {'or why ' * 30}do you trust the rope?"),
        ("quotes_passage", "Is it true that a man who has heard it sing needs no forecast at all?"),
        ("quotes_passage", "Why “a man who has heard it sing needs no forecast”?"),
    ],
)
def test_a_bad_question_is_told_by_name(name, question):
    assert told(check_question(question, ROPE)) == name


@pytest.mark.parametrize(
    "question",
    [
        "What does the passage say about the rope?",
        "According to the text, why is the rope old?",
        "Why does the author trust the rope more than the boat?",
        "What is the main idea of this passage about ropes?",
        "How does the narrator feel about his father's knot?",
        "What does the writer mean by singing ropes?",
        "In this excerpt, who tied the rope to the mast?",
        "What lesson does this chapter teach about old ropes?",
        "What is the speaker's attitude to the barometer?",
        "How is the rope described in the above paragraph?",
        "Why is the rope in this essay so old?",
        "What does the author of this passage trust?",
        "What is described above as older than the boat?",
        "Was sagt der Autor über das alte Seil?",
        "Was ist laut dem Text älter als das Boot?",
        "Selon le texte, pourquoi la corde chante-t-elle ?",
        "Pourquoi l’auteur aime-t-il la vieille corde ?",
        "Según el texto, ¿por qué canta la cuerda?",
        "Secondo l'autore, perché la corda è vecchia?",
        "Wat zegt de schrijver over het oude touw?",
        "Segundo o texto, por que canta a corda velha?",
    ],
)
def test_a_question_about_the_text_at_hand_is_told(question):
    assert told(check_question(question, ROPE)) == "about_the_text"


@pytest.mark.parametrize(
    "question",
    [
        "Who was the author of the Declaration of Independence?",
        "How did they find a passage through the mountains in winter?",
        "What made the passage of time so hard to bear?",
        "Why does every author fear the blank page?",
        "What is the text of the treaty about?",
        "Why is a writer never content with his work?",
        "What would the writer of such a letter deserve?",
        "What began a new chapter in the life of the town?",
        "According to your father, when does the rope sing?",
    ],
)
def test_a_question_about_another_text_or_passage_is_none_about_this_one(question):
    assert check_question(question, ROPE) is None


@pytest.mark.parametrize(
    ("passage", "question", "name"),
    [
        (STRAIT, "Why was the passage so dangerous to take at night?", ""),
        (STRAIT, "Whom did the chapter of the guild ask about the charts?", ""),
        (STRAIT, "What had the author been thinking when he drew the charts?", ""),
        (STRAIT, "What will the author say to the pilots of the guild?", ""),
        (STRAIT, "According to the passage, how many hulls were lost?", "about_the_text"),
        (STRAIT, "What does the passage say about the pilots' guild?", "about_the_text"),
        (STRAIT, "What does the narrator think of the pilots' guild?", "about_the_text"),
        (RIGHTS, "What right did the law first give to the author?", ""),
        (RIGHTS, "When did the text begin to speak of owners?", ""),
        (RIGHTS, "Who is the owner of a right in this text?", "about_the_text"),
        (RIGHTS, "What does the author argue about the right to copy?", "about_the_text"),
        (RIGHTS, "According to the author, who bought the right to copy?", "about_the_text"),
        (RIGHTS, "What does this text say about the publishers' rights?", "about_the_text"),
    ],
)
def test_a_passage_about_passages_texts_or_authors_may_be_asked_about_them(passage, question, name):
    assert told(check_question(question, passage)) == name


# Answers


def test_a_good_answer_passes():
    assert check_answer(ANSWER, ASKED, ROPE, **LIMITS) is None


def test_length_is_counted_in_words_both_limits_included():
    length = len(words(ANSWER))
    assert answered(ANSWER, min_words=length, max_words=length) == ""
    assert answered(ANSWER, min_words=length + 1) == "answer_too_short"
    assert answered(ANSWER, max_words=length - 1) == "answer_too_long"


@pytest.mark.parametrize(
    "form",
    [
        "As an AI language model, I trust no rope. {a}",
        "Sure, here is my answer:\n\n{a}",
        "Certainly! Here's what I think. {a}",
        "Here is the answer in the voice you wanted: {a}",
        "I'm sorry, but I cannot tell. {a}",
        "I cannot answer for the captain. {a}",
        "The passage says this. {a}",
        "In this excerpt, I speak of a rope. {a}",
        "{a} The author argues this well.",
        "{a} As the narrator puts it, men rot.",
        "{a} The text does not tell.",
        "{a} Let me know if you want more.",
        "{a} I hope this helps!",
        "{a} That is not mentioned in what I wrote.",
        "En tant qu’IA, je ne sais pas. {a}",
        "Assistant: {a}",
        "Q: Why?\nA: {a}",
        "**Answer** {a}",
        "## The rope\n\n{a}",
        '{"answer": "{a}"}',
        "```\n{a}\n```",
        "<think>The rope, then.</think>{a}",
        "{a}<|im_end|>",
        "{a}</answer>",
    ],
)
def test_talk_of_a_machine_of_the_text_or_in_markup_is_told(form):
    assert answered(form.replace("{a}", ANSWER)) == "meta_talk"


@pytest.mark.parametrize(
    "sentence",
    [
        "I cannot help laughing at a barometer.",
        "I am sorry for the captain, but the rope was right.",
        "Of course he laughed.",
        "Here is a man who would not listen.",
        "The author of his misfortune was the barometer.",
        "My answer is the rope.",
        "As an assistant he would have been no use.",
    ],
)
def test_a_person_may_say_what_a_machine_would_nearly_say(sentence):
    assert answered(f"{sentence} {ANSWER}") == ""


def test_what_the_passage_says_itself_is_no_fault():
    for said in ("A language model is a rope that sings. ", "The set is {rope, mast}. "):
        assert answered(said + ANSWER) == "meta_talk"
        assert answered(said + ANSWER, passage=f"{ROPE} {said}", copied_words=20) == ""


@pytest.mark.parametrize(
    "answer",
    [
        "- The rope is old and it sings before the gale.\n- The barometer tells the children what they"
        " want to hear.",
        "1. The rope sings when the wind is in the north.\n2. The barometer hangs in the kitchen for"
        " children.",
        "I trust it for these reasons: 1) the rope is old, 2) the rope sings in the wind, 3) my father"
        " tied it.",
        f"{ANSWER}\n\nbarometer, 12, 45-47",
        f"{ANSWER}\n\nThe rope and the mast ........ 7",
        f"{ANSWER} See pages 12, 45, 46, 78 and 102.",
        "In 1911 there were 28 men in 14 boats at 6 and 39 at 1200 in 77 places; 18 of 344 came home at 2055,"
        " and 500 lay in 61 graves",
        "rope, 12, 45-47, 101; barometer, 3, 18, 77-79, 120; kettle, 41, 99-100; mast, 7, 8, 230-231;"
        " captain, 5, 6, 7, 40-44, 120; flood, 9, 31, 200-202; boat, 1, 2, 3",
    ],
)
def test_lists_and_indexes_are_no_prose(answer):
    assert answered(answer) == "number_list"


def test_a_year_or_what_is_said_after_a_dash_is_no_list():
    assert answered(f"{ANSWER} It was in 1911.") == ""
    assert answered(f"- {ANSWER}") == ""
    assert answered(f"— The rope, the boat? I said.\n— The rope. {ANSWER}") == ""


def test_a_run_of_the_passage_may_be_as_long_as_allowed_and_no_longer():
    run = "When the wind comes out of the north the rope sings"
    length = len(words(run))
    assert answered(f"{ANSWER} Listen: {run}.", copied_words=length) == ""
    assert answered(f"{ANSWER} Listen: {run}.", copied_words=length - 1) == "copied"
    fault = check_answer(f"{ANSWER} Listen: {run}.", ASKED, ROPE, **LIMITS)
    assert fault.detail == f"{length} words in a row: '{run}'"
    fault = check_answer(ROPE, ASKED, ROPE, **LIMITS)
    assert fault.detail == (
        f"{len(words(ROPE))} words in a row: 'The rope is older than the boat, and I trust it more. …'"
    )


@pytest.mark.parametrize("marks", ['""', "“”", "«»", "»«", "„“", "‘’", "''"])
def test_what_is_quoted_is_not_copied(marks):
    quoted = "a man who has heard it sing needs no forecast"
    assert answered(f"{ANSWER} I say that {quoted}.") == "copied"
    assert answered(f"{ANSWER} I say: {marks[0]}{quoted}.{marks[1]}") == ""
    assert answered(f"{ANSWER} I say: {marks[0]}{quoted}.") == "copied", "the quotation is not closed"


def test_quoting_all_or_a_word_here_and_there_is_no_way_out():
    text = " ".join(ROPE.split()[: QUOTED_WORDS + 10])
    assert answered(f"“{text}”") == "copied"
    first, second = ROPE.split()[:30], ROPE.split()[30:60]
    assert answered(f"“{' '.join(first)}” I say. “{' '.join(second)}”") == "copied"
    assert answered('a man who has "heard" it sing needs "no" forecast, I say. ' + ANSWER) == ""
    assert answered('a man who has "heard" it sing needs no forecast, I say. ' + ANSWER) == "copied"


def test_an_answer_from_elsewhere_is_ungrounded():
    elsewhere = (
        "Because elections, parliaments and courts rest on consent, and consent is given by citizens who read"
        " newspapers and pay their taxes. Without a free press there would soon be tyranny again."
    )
    fault = check_answer(elsewhere, ASKED, ROPE, **LIMITS)
    assert fault.check == "ungrounded"
    assert re.match(r"0% of \d+ content words; not elections, parliaments", fault.detail)
    assert answered(elsewhere, grounded_share=0.0) == ""
    assert answered(elsewhere, question=elsewhere) == "", "the question's words are known too"


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("My father knew Captain Hawkins too.", "unknown_name"),
        ("My father knew old Tregear's boat, and all the Tregears laughed.", ""),
        ("Hawkins laughed.", ""),  # at the beginning any word has a capital
        ("My father said: Trust no kettle.", ""),
        ("My father said, “Trust no kettle.”", ""),
        ("On a Sunday in May, by God, even the English laughed with Mr. Tregear.", ""),
        ("Mr. Hawkins laughed.", "unknown_name"),
        ("It was in 1912.", "unknown_name"),
        ("It was 28 winters.", ""),
        ("It was the 28th winter.", ""),
    ],
)
def test_names_and_numbers_come_from_the_passage_or_the_question(sentence, name):
    assert answered(f"{ANSWER} {sentence}") == name


def test_a_name_of_the_question_is_known():
    said = f"{ANSWER} So I told Hawkins."
    assert answered(said) == "unknown_name"
    assert answered(said, question="What did you tell Mr. Hawkins about the rope?") == ""


def test_numbers_agree_in_figures_and_in_words():
    said = (
        "eight hundred pounds, eight and twenty men, the third of two thousand three hundred and five, 1,000"
    )
    source = Source(Text(said))
    assert all(source.has_number(number) for number in ("800", "28", "3", "2305", "1000"))
    assert not any(source.has_number(number) for number in ("8", "100", "20", "305"))
    assert figures(Text("1,000 and 26th, 1.5 in 1939-40")) == ["1000", "26", "15", "1939", "40"]


def test_words_agree_by_how_they_begin():
    source = Source(Text("I believe in the rope, the boat and the god Pan."))
    assert all(
        source.has_word(word) for word in ("belief", "believed", "ropes", "roped", "boats", "god", "pan")
    )
    assert not any(source.has_word(word) for word in ("relief", "robe", "boast", "gods", "bell", "go"))
    assert all(source.has_name(name) for name in ("Rope", "Ropes", "Pan", "Pans"))
    assert not source.has_name("Pandora")


def test_names_are_told_from_beginnings():
    text = (
        "We met Ann-Marie O’Brien. So J. S. Mill said:\nHe liked THE SEA! “Salt,” I said, “Wind” (Weather),"
        " and rain--Clouds too. Dr. Boll sang a line\nGulls sang after him"
    )
    assert list(names(Text(text))) == ["Ann", "Marie", "Brien", "Mill", "SEA", "Boll"]


LANGUAGES = {
    "German": (
        "Das Seil ist älter als das Boot, und ich vertraue ihm mehr. Mein Vater hat es im Jahr der großen"
        " Flut an den Mast gebunden, und niemand hat den Knoten seither gelöst. Wenn der Wind aus dem"
        " Norden kommt, singt das Seil, und wer das Singen gehört hat, braucht keine Vorhersage. Der"
        " Kapitän glaubte an sein Barometer und fuhr an einem klaren Morgen hinaus; im Mai fanden wir"
        " seine Mütze am Strand.",
        "Warum vertraust du einem alten Seil mehr als einem Barometer?",
        "Weil das Seil mir nicht gefallen will. Es singt vor jedem Wind, der aus dem Norden heranzieht,"
        " und seit mein Vater den Knoten am Mast geschlungen hat, ist auf seinen Gesang Verlass. Der alte"
        " Kapitän hörte lieber auf sein Barometer und fuhr bei klarem Himmel aus; zurück kam nur die"
        " Mütze.",
        "Weil Wahlen und Parlamente auf Zustimmung beruhen und die Bürger Zeitungen lesen müssen, ehe sie"
        " ihre Stimme abgeben. Ohne freie Presse kehrt bald jede Gewaltherrschaft in die Städte zurück.",
    ),
    "French": (
        "La corde est plus vieille que le bateau, et je lui fais davantage confiance. Mon père l'a nouée"
        " au mât l'année de la grande crue, et personne n'a défait le nœud depuis. Quand le vent souffle"
        " du nord, la corde chante, et celui qui l'a entendue chanter n'a pas besoin de prévision. Le"
        " capitaine croyait à son baromètre ; il partit par un matin clair, et au mois de mai nous avons"
        " retrouvé sa casquette.",
        "Pourquoi faites-vous plus confiance à une vieille corde qu'au baromètre ?",
        "Parce qu'une corde ne cherche pas à me plaire. Depuis que mon père a fait ce nœud sur le mât,"
        " elle chante chaque fois que le vent du nord se prépare, et quiconque sait l'entendre se passe de"
        " prévisions. Le capitaine préférait le baromètre. Il est parti un clair matin ; il n'est revenu"
        " que sa casquette.",
        "Parce que les élections reposent sur le consentement des citoyens, et que les journaux libres"
        " empêchent la tyrannie de revenir dans les villes où l'on paie encore ses impôts sans jamais"
        " protester.",
    ),
    "Spanish": (
        "La cuerda es más vieja que el barco, y confío más en ella. Mi padre la ató al mástil el año de la"
        " gran crecida, y nadie ha deshecho el nudo desde entonces. Cuando el viento llega del norte la"
        " cuerda canta, y quien la ha oído cantar no necesita pronóstico. El capitán creía en su"
        " barómetro; zarpó una mañana clara, y en mayo encontramos su gorra en la playa.",
        "¿Por qué confías más en una cuerda vieja que en un barómetro?",
        "Porque la cuerda no quiere agradarme. Desde que mi padre hizo aquel nudo en el mástil, canta"
        " siempre que se acerca viento del norte, y a quien sabe oírla le sobran los pronósticos. El"
        " capitán prefería creer en el barómetro. Salió con la mañana clara, y de él volvió la gorra.",
        "Porque las elecciones descansan en el consentimiento de los ciudadanos, y la prensa libre impide"
        " que la tiranía regrese a las ciudades donde todavía se pagan los impuestos sin ninguna protesta.",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages_are_checked_alike(language):
    passage, question, answer, elsewhere = LANGUAGES[language]
    assert check_question(question, passage) is None
    assert answered(answer, question, passage) == ""
    assert answered(elsewhere, question, passage) == "ungrounded"
    assert answered(passage, question, passage) == "copied"


def test_where_every_noun_has_a_capital_none_is_taken_for_a_name():
    passage, question, answer, _ = LANGUAGES["German"]
    assert answered(f"{answer} Das glaubt mir die ganze Nachbarschaft.", question, passage) == ""
    assert answered(f"{answer} Das war 1912.", question, passage) == "unknown_name"


# Restyled answers

INSTRUCTION = "Who painted the Mona Lisa?"
PLAIN = (
    "The Mona Lisa was painted by Leonardo da Vinci between about 1503 and 1519. It hangs in the Louvre in"
    " Paris, where millions of visitors come to see it every year."
)
RESTYLED = (
    "That was my man Leonardo da Vinci, he was cooking on her from like 1503 to 1519. Now she lives rent"
    " free at the Louvre in Paris and millions of people pull up every year just for a glimpse. Slay."
)


def restyled(answer, plain=PLAIN, prompt=INSTRUCTION, **limits):
    limits = {"min_words": 5, "max_words": 60, "grounded_share": 0.5, **limits}
    return told(check_restyled(answer, plain, prompt, **limits))


def test_a_restyled_answer_that_keeps_names_and_numbers_passes():
    assert restyled(RESTYLED) == ""


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("answer_too_short", "Leonardo, obviously."),
        ("answer_too_long", RESTYLED * 3),
        ("meta_talk", f"Sure! Here's the answer, bestie: {RESTYLED}"),
        ("meta_talk", f"<answer>{RESTYLED}</answer>"),
        ("meta_talk", f"As an AI I have no style. {RESTYLED}"),
        ("unchanged", PLAIN.upper().replace(".", " !")),
        (
            "lost_content",
            "Some old dude painted that lady ages ago and now everybody takes selfies with her, lol.",
        ),
        ("lost_content", PLAIN.replace("Leonardo da Vinci", "him").replace("1503 and 1519", "then")[:90]),
        (
            "number_list",
            "- Leonardo da Vinci painted it, 1503 to 1519.\n- Louvre, Paris.\n- Millions of visitors!",
        ),
    ],
)
def test_a_bad_restyled_answer_is_told_by_name(name, answer):
    assert restyled(answer) == name


def test_a_restyled_answer_may_have_what_the_plain_one_has():
    plain = (
        "- Bring a pot of water to boil.\n- Put in `{salt}` and noodles.\n- The author of the recipe waits."
    )
    said = "- Get a pot of water to boil, chief.\n- Salt it: `{salt}`, then noodles.\n- The author waits."
    assert restyled(said, plain, "How do I cook noodles?", grounded_share=0.4) == ""
    assert restyled(said, plain.replace("{", "").replace("}", ""), "How?", grounded_share=0.4) == "meta_talk"


def test_a_name_that_the_prompt_has_need_not_be_said_again():
    without = RESTYLED.replace("Leonardo da Vinci", "him")
    dates = {"grounded_share": 0.6}
    assert restyled(without, **dates) == "lost_content"
    assert restyled(without, prompt="When did Leonardo da Vinci paint the Mona Lisa?", **dates) == ""


def test_a_name_or_a_number_weighs_more_than_a_word():
    plain = "The ferry leaves for Roscoff at seven in the evening, and the crossing takes the whole night."
    words_lost = "The boat goes to Roscoff at seven and you are on it all night, mate."
    name_lost = "The ferry leaves at seven in the evening, mate, the crossing takes the whole night."
    assert restyled(words_lost, plain, "When?", grounded_share=0.4) == ""
    kept = 8 / 11  # Roscoff is missing, and counts three
    assert restyled(name_lost, plain, "When?", grounded_share=kept - 0.01) == ""
    assert restyled(name_lost, plain, "When?", grounded_share=kept + 0.01) == "lost_content"


# What the checks stand on


def longest_by_hand(text, source):
    """The definition, slowly."""
    found = 0
    for first in range(len(text)):
        for last in range(first + found + 1, len(text) + 1):
            run = text[first:last]
            if any(source[place : place + len(run)] == run for place in range(len(source))):
                found = len(run)
    return found


@given(st.lists(st.sampled_from("abc"), max_size=14), st.lists(st.sampled_from("abc"), max_size=14))
def test_the_longest_run_is_the_longest(text, source):
    expected = longest_by_hand(text, source)
    length, run = longest_copy(Text(" ".join(text)), Text(" ".join(source)))
    assert length == (expected if expected > 1 else 0)
    assert len(run.split()) == length


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_at_all_is_checked(first, second, third):
    check_question(first, second)
    check_answer(first, second, third, **{**LIMITS, "min_words": 0})
    check_restyled(first, second, third, min_words=0, max_words=99, grounded_share=0.5)


@pytest.mark.parametrize(
    "part", [" ", "\n", ".", "1", "1, ", "'a", '"', "‘a’a", "the ", "the  passage ", "?", "I "]
)
def test_a_model_that_says_the_same_for_ever_is_soon_checked(part):
    said = part * (20_000 // len(part))
    started = time.process_time()
    check_question(f"Why is it so {said}?", ROPE)
    for text in (said, f"{ANSWER} {said}"):
        answered(text, min_words=0, max_words=99_999)
        restyled(text, min_words=0, max_words=99_999)
    assert time.process_time() - started < 5


def test_two_hundred_thousand_answers_take_minutes():
    """Passages of 350 words, answers of 100: some 0.8 ms each. Comparing all words with all takes 10 ms."""
    dice = random.Random(2)
    rare = [
        f"{a}{b}{c}" for a in "bdfgk" for b in ("a", "en", "ir", "o") for c in ("ter", "lu", "ning", "sa")
    ]
    known = "the of and a to in it is was that for on with as be at by I not he".split() * 8 + rare
    pairs = [(" ".join(dice.choices(known, k=350)), " ".join(dice.choices(known, k=100))) for _ in range(400)]
    started = time.process_time()
    for passage, answer in pairs:
        answered(answer, passage=passage)
    assert time.process_time() - started < 400 * 0.004


# Prompts


PROMPTS = {
    "question_passage": ({"author", "count", "passage"}, {"questions"}),
    "question_answer": ({"author", "count", "passage", "min_words", "max_words", "copied_words"}, {"pairs"}),
    "restyle": ({"style", "prompt", "answer", "min_words", "max_words"}, {"answer"}),
    "row_question": ({"text"}, {"question"}),
}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_has_its_slots_its_tags_and_the_form_of_the_reply(name):
    slots, keys = PROMPTS[name]
    lines = (ROOT / "prompts" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    sent = "\n".join(line for line in lines if not line.startswith("#"))
    assert lines[0].startswith("# ")
    assert set(re.findall(r"{(\w+)}", sent)) == slots
    for slot, tag in (
        ("passage", "passage"),
        ("text", "passage"),
        ("prompt", "instruction"),
        ("answer", "answer"),
    ):
        if slot in slots:
            assert f"<{tag}>\n{{{slot}}}\n</{tag}>" in sent
    assert ("<count>{count}</count>" in sent) == ("count" in slots)
    form = re.search(r"in this form: ({.*})\.", sent)
    assert json.loads(form[1]).keys() == keys


def test_the_prompts_ask_for_what_the_checks_let_through():
    """Where a number stands in a prompt and in a check, the prompt's is the narrower."""
    for name in ("question_passage", "question_answer", "row_question"):
        sent = (ROOT / "prompts" / f"{name}.txt").read_text(encoding="utf-8")
        least, most = map(int, re.search(r"of (\d+) to (\d+) words", sent).groups())
        assert checks.SHORTEST_QUESTION <= least < most <= checks.LONGEST_QUESTION
        assert "at most seven words in a row" in sent
    assert checks.QUOTING == 8
    quoted = re.search(
        r"quote one short saying of up to (\d+) words", (ROOT / "prompts" / "question_answer.txt").read_text()
    )
    assert int(quoted[1]) <= QUOTED_WORDS
