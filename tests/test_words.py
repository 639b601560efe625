"""One word for one thing: what people read uses the words of `docs/glossary.md`.

A word that the glossary rules out comes back easily, because it is right elsewhere: in
Odoo, in the code, in other senses. So each has the phrases in which it is meant to be.
"""

import ast
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "crm_relationship"
# Also of the addons that tie ours to other apps.
TEMPLATES = sorted(ROOT.glob("*/i18n/*.pot"))
INDONESIAN = sorted(ROOT.glob("*/i18n/id.po"))
GUIDE = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


class Word(NamedTuple):
    """A word not to use, what to write instead, and the phrases in which it may stand.

    All are regular expressions, whatever the case of the first letters.
    """

    forbidden: str
    instead: str
    allowed: tuple = ()
    in_guide: bool = True


WORDS = (
    Word(
        r"contacts?",
        "“interaction” for what happens, “person” or “customer” for who is meant",
        (
            r"contact plans?",
            r"contact preferences",
            r"(do not|not|to|we|may|may not|should) contact",
            r"may I contact",
            r"contact (you|me|them|next)",
            r"contacts you",
            # the record of the address book
            r"^contact$",
            r"erased contact",
            r"^merge of contacts$",
            r"^contact merged;",
            r"(the|a) contact's",
            r"on the contact",
            r"(archive|erase) the contact",
            r"(a|this) contact(?= are|\.)",
        ),
        in_guide=False,
    ),
    Word(r"touch[ -]?points?", "channel"),
    Word(
        r"staff",
        "salesperson, salespeople; internal user for all; our employees, to customers",
    ),
    Word(r"defect(ion|ions|ed|or)", "lost customer, loss", (r"zero defections",)),
    Word(
        r"leav(e|es|ing)",
        "lost, or said goodbye",
        (
            r"leave (it|the company of the benefit) empty",
            r"why did you leave",
            r"settings leave out",
            r"we leave you in peace",
        ),
        in_guide=False,
    ),
    Word(
        r"left",
        "lost, or said goodbye; of a colleague: no longer with the company",
        (r"left empty", r"left out", r"hours left"),
        in_guide=False,
    ),
    Word(
        r"wish(es|ed)?",
        "preference; request; greeting, on a birthday",
        (r"all of us wish you a happy birthday",),
    ),
    Word(r"by hand", "manually"),
    Word(r"e-mails?", "email"),
    Word(r"enrol(ment|ments|s)?", "enroll, enrollment"),
    Word(r"snooz\w*", "pause"),
    Word(r"backup|deputy|substitute", "stand-in"),
    Word(
        r"favourites?|analyse[ds]?|colours?|behaviour|programmes?|honours?|fulfils?"
        r"|per cent|centre",
        "the American spelling",
    ),
    Word(
        r"look(ed|s|ing)? after",
        "covered, coverage; cared for",
        (r"will look after this customer", r"who looks after (this customer|you)"),
    ),
    Word(r"lifecycle", "life cycle"),
    Word(r"so (many|often)", "this many, that many"),
    Word(r"all the same", "anyway"),
    Word(r"very words", "word for word"),
    Word(r"worth of losing", "Gain from Fewer Losses"),
    Word(r"would be here", "After the Next Update"),
    Word(r"looked at again|going on", "Next Check On; Reason for Going Ahead"),
    Word(r"do(es)? (it do |you )good", "How is it working out?; enjoying"),
    Word(r"retention looks at|months looked", "counted, based on"),
    Word(r"told from", "distinguished from"),
    Word(r"refresh\w*", "update"),
    Word(r"campaigns?", "program"),
    Word(r"sale orders?", "sales order"),
    Word(r"dedicated (?!sales|to )\w+", "dedicated salesperson"),
    Word(
        r"interactions? (\w+ )?made|make an interaction",
        "done, took place, carried out",
    ),
    Word(r"a interaction", "an interaction"),
    Word(r"hold-outs?", "kept aside"),
)
# What a translator writes who does not look into the glossary.
INDONESIAN_WORDS = (
    Word(r"titik (sentuh|kontak)", "saluran"),
    Word(r"kepergian", "kehilangan, pelanggan hilang"),
    Word(r"staf", "penjual; pengguna internal; karyawan kami"),
    Word(r"keinginan", "preferensi; dari penjual: persyaratan"),
)


def misuse(text, words):
    """Return a line for each word in the text that the glossary rules out."""
    flat = " ".join(re.sub(r"%\(\w+\)s|\{\w+\}", "…", text).split())
    for word in words:
        rest = flat
        for phrase in word.allowed:
            rest = re.sub(rf"(?i)(?<!\w){phrase}(?!\w)", " ", rest)
        if found := re.search(rf"(?i)(?<!\w)({word.forbidden})(?!\w)", rest):
            yield f"“{found[0]}”, write: {word.instead}\n    {flat[:200]}"


def entries(paths):
    catalogs = (polib.pofile(str(path)) for path in paths)
    return [entry for catalog in catalogs for entry in catalog if not entry.obsolete]


def prose(path):
    """Return the paragraphs of a page of the guide, without code and addresses."""
    text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", path.read_text(), flags=re.S)
    return re.split(r"\n\s*\n|\n(?=[-|#])", text)


def test_screens():
    wrong = [
        line for entry in entries(TEMPLATES) for line in misuse(entry.msgid, WORDS)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.name)
def test_guide(path):
    words = [word for word in WORDS if word.in_guide]
    wrong = [line for text in prose(path) for line in misuse(text, words)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_indonesian():
    wrong = [
        line
        for entry in entries(INDONESIAN)
        for line in misuse(entry.msgstr, INDONESIAN_WORDS)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_kontak_is_a_contact():
    """As in English, the word is for the record, the plan and the preferences."""
    wrong = [
        f"{entry.msgid}\n    {entry.msgstr}"
        for entry in entries(INDONESIAN)
        if re.search(r"(?i)\bkontak\b", entry.msgstr)
        and not re.search(r"(?i)contact", entry.msgid)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


# What there may be one of, and is counted in the plural.
PLURALS = (
    r"customers|people|persons|salespeople|contacts|(sales )?orders|invoices|purchases"
    r"|interactions|buyers|programs|steps|changes|messages|records|times|minutes"
    r"|days ago"
)
COUNTED = re.compile(rf"%(\(\w+\))?s ({PLURALS})\b")
NEVER_ONE = (
    # one has a sentence of its own
    r"%\(count\)s interactions (a day|in %\(days\)s days)",
    r"%\(people\)s people can do",
    r"only %s buyers in the control group",
    r"%\(count\)s interactions of the plan “",
    # decimals, or what is refused as too many or too few
    r"(Beyond|Up to) %\(yearly\)s interactions a year",
    r"The plans need %\(asked\)s interactions",
    r"%\((value|contacts)\)s interactions a year are",
    r"%\(before\)s interactions a year\. Together",
    r"^%\(factor\)s times the |^With %\(best\)s times ",
    r"^Of %\(customers\)s customers %\(days\)s days ago",
    r"at least %\(count\)s customers bought again",
    r"has %\(minutes\)s minutes a year to spare",
    # constants, and sums over a company
    r"known as soon as %\(count\)s customers",
    r"fewer than %\(least\)s customers",
    r"%\(count\)s purchases in all",
    r"Known of %\(known\)s of %\(count\)s customers",
    r"The states add up to %\(counted\)s customers",
)


def sentences():
    """Yield what our sources say to users, whole also where it takes several lines."""
    for path in sorted(ROOT.glob("crm_relationship*/**/*.py")):
        if "tests" in path.parts[len(ROOT.parts) :]:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_"):
                yield from (a.value for a in node.args if isinstance(a, ast.Constant))
    for path in sorted((ADDON / "static" / "src").rglob("*.js")):
        yield from re.findall(r'_t\(\s*"([^"]*)"', path.read_text())


def test_one_is_not_counted_in_the_plural():
    """“1 customers” is nobody's English: write “Customers: 1”, or two sentences."""
    wrong = [
        text
        for text in sentences()
        if COUNTED.search(str(text))
        and not any(re.search(phrase, text) for phrase in NEVER_ONE)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_menus():
    """Two menus of one name lead to one place, or one holds the other."""
    menus = {}
    for path in (ADDON / "views").glob("*.xml"):
        for menu in ElementTree.parse(path).iter("menuitem"):
            if menu.get("name"):
                menus.setdefault(menu.get("name"), []).append(menu)
    wrong = [
        name
        for name, group in menus.items()
        if len({menu.get("action") for menu in group}) > 1
        and not {menu.get("id") for menu in group} & {m.get("parent") for m in group}
    ]
    assert not wrong
