"""Names, addresses and wishes for the customers, who are only numbers in the data.

Everything follows from the customer's number, so each load makes the same people and
the tests know who they are. The addresses lie in a domain reserved for examples; the
telephone numbers are made up.
"""

import calendar
import random
from dataclasses import dataclass
from datetime import date

KINDS = ("visit", "call", "whatsapp", "sms", "email", "letter", "event", "social")

# Shares of the customers.
REFUSING = 0.15  # refuse one channel or more
REFUSING_ALL = 0.08  # of those: every channel there is
PREFERRING = 0.30
WITHOUT_EMAIL = 0.03
WITHOUT_PHONE = 0.03
WITHOUT_BIRTHDATE = 0.10
LEAP_DAY = 0.01  # more than nature has: birthdays on 29 February need trying out

# What people refuse and prefer, by weight.
REFUSED = {"call": 5, "sms": 4, "email": 3, "visit": 3, "whatsapp": 2, "letter": 1}
PREFERRED = {"whatsapp": 6, "email": 3, "call": 3, "visit": 2, "sms": 1, "letter": 1}

FIRST_NAMES = (
    "Adi Agus Ahmad Aisyah Andi Anita Ayu Bagus Bambang Bayu Budi Cahya Citra Dedi "
    "Dewi Dian Dimas Eka Endang Fajar Fitri Galih Gita Hadi Hana Hendra Indah Intan "
    "Irfan Joko Kadek Kartika Ketut Lestari Made Maya Mega Nina Nur Nyoman Oktavia "
    "Putri Rahmat Rani Ratna Rina Rizky Sari Slamet Sri Surya Teguh Tri Utami Wahyu "
    "Wayan Wulan Yanti Yudi Yusuf Zahra"
).split()
LAST_NAMES = (
    "Anggraini Aritonang Gunawan Halim Handayani Hartono Hidayat Hutapea Irawan "
    "Kurniawan Kusuma Lubis Mahendra Maharani Nasution Nugroho Pangestu Permata "
    "Prasetyo Pratama Purnomo Rahayu Ramadhan Safitri Santoso Saputra Setiawan "
    "Siregar Sitompul Suherman Sukma Susanto Sutrisno Tanuwijaya Wibowo Widodo "
    "Wijaya Yulianto"
).split()
FOREIGN_NAMES = (
    "Alice Johnson|Amina Yusuf|Anders Lindqvist|Chen Wei|Chloé Dubois|"
    "David O'Brien|Elena Petrova|Fatima Zahra|Hiroshi Tanaka|Ingrid Müller|"
    "James Carter|Jana Nováková|Kim Min-jun|Lars Sørensen|Lucía Fernández|"
    "Maria Silva|Mohammed Rahman|Nguyễn Thị Lan|Olivia Brown|Priya Sharma|"
    "Rajesh Kumar|Sofia Rossi|Tomáš Dvořák|Wang Fang"
).split("|")
FOREIGN_SHARE = 0.2

CITIES = (
    "Jakarta Jakarta Jakarta Surabaya Surabaya Bandung Bandung Bekasi Medan "
    "Tangerang Depok Semarang Palembang Makassar Bogor Malang Yogyakarta Denpasar "
    "Surakarta Balikpapan"
).split()
MOBILE_PREFIXES = ("811", "812", "813", "815", "817", "821", "852", "857", "878", "896")


@dataclass(frozen=True)
class Person:
    """A customer as the contact form shows them; "" and None: not known."""

    number: int
    name: str
    email: str
    phone: str
    city: str
    birthdate: date | None
    preferred: str | None
    """Kind of channel, never one of the refused."""
    refused: tuple
    """Kinds of channel, in the order of KINDS."""


def person(number):
    """Return the customer with this number; the same number, the same person."""
    dice = random.Random(f"person {number}")
    name = _name(dice)
    has_email, has_phone = dice.random(), dice.random()
    refused = _refused(dice)
    return Person(
        number=number,
        name=name,
        email="" if has_email < WITHOUT_EMAIL else f"customer{number:05d}@example.com",
        phone="" if has_phone < WITHOUT_PHONE else _phone(dice),
        city=dice.choice(CITIES),
        birthdate=_birthdate(dice),
        preferred=_preferred(dice, refused),
        refused=refused,
    )


def _name(dice):
    if dice.random() < FOREIGN_SHARE:
        return dice.choice(FOREIGN_NAMES)
    return f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"


def _phone(dice):
    digits = f"{dice.randrange(10**8):08d}"
    return f"+62 {dice.choice(MOBILE_PREFIXES)}-{digits[:4]}-{digits[4:]}"


def _birthdate(dice):
    """Return a date from 1945 to 2005."""
    if dice.random() < WITHOUT_BIRTHDATE:
        return None
    if dice.random() < LEAP_DAY:
        return date(dice.randrange(1948, 2005, 4), 2, 29)
    year, month = dice.randint(1945, 2005), dice.randint(1, 12)
    return date(year, month, dice.randint(1, calendar.monthrange(year, month)[1]))


def _refused(dice):
    if dice.random() >= REFUSING:
        return ()
    if dice.random() < REFUSING_ALL:
        return KINDS
    count = dice.choice((1, 1, 1, 2, 2, 3))
    drawn = set(dice.choices(list(REFUSED), list(REFUSED.values()), k=count))
    return tuple(kind for kind in KINDS if kind in drawn)


def _preferred(dice, refused):
    if dice.random() >= PREFERRING:
        return None
    allowed = {
        kind: weight for kind, weight in PREFERRED.items() if kind not in refused
    }
    if not allowed:
        return None
    return dice.choices(list(allowed), list(allowed.values()))[0]
