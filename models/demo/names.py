"""What the demo's people are called: Hong Kong's mix of names, and a few that break careless pages."""

from dataclasses import dataclass
from random import Random

SURNAMES = (
    ("陳", "Chan"), ("黃", "Wong"), ("李", "Lee"), ("梁", "Leung"),
    ("林", "Lam"), ("張", "Cheung"), ("吳", "Ng"), ("劉", "Lau"),
    ("蔡", "Choi"), ("楊", "Yeung"), ("何", "Ho"), ("鄭", "Cheng"),
    ("鄧", "Tang"), ("馮", "Fung"), ("謝", "Tse"), ("郭", "Kwok"),
    ("羅", "Law"), ("周", "Chow"), ("蘇", "So"), ("葉", "Yip"),
    ("徐", "Tsui"), ("曾", "Tsang"), ("潘", "Poon"), ("關", "Kwan"),
    ("歐陽", "Au-Yeung"), ("司徒", "Szeto"), ("盧", "Lo"), ("麥", "Mak"), ("許", "Hui"), ("鍾", "Chung"),
)  # fmt: skip
GIVEN = (
    ("大文", "Tai Man"), ("嘉欣", "Ka Yan"), ("詠詩", "Wing Sze"),
    ("俊傑", "Chun Kit"), ("美玲", "Mei Ling"), ("家豪", "Ka Ho"),
    ("雅婷", "Nga Ting"), ("子軒", "Tsz Hin"), ("曉彤", "Hiu Tung"),
    ("偉強", "Wai Keung"), ("淑芬", "Suk Fan"), ("梓晴", "Tsz Ching"),
    ("浩然", "Ho Yin"), ("佩珊", "Pui Shan"), ("永康", "Wing Hong"),
    ("思敏", "Sze Man"), ("麗華", "Lai Wah"), ("國雄", "Kwok Hung"),
    ("穎怡", "Wing Yi"), ("慧心", "Wai Sum"), ("樂兒", "Lok Yi"),
    ("建業", "Kin Yip"), ("芷珊", "Tsz Shan"), ("柏林", "Pak Lam"),
    ("秀英", "Sau Ying"), ("德華", "Tak Wah"), ("靜雯", "Ching Man"),
    ("冠希", "Kwun Hei"), ("婉婷", "Yuen Ting"), ("天佑", "Tin Yau"),
)  # fmt: skip
ENGLISH = (
    "Amy", "Ben", "Carmen", "Daniel", "Elaine", "Frankie", "Grace",
    "Henry", "Ivy", "Jacky", "Karen", "Leo", "Mandy", "Nelson",
    "Olivia", "Peter", "Queenie", "Ricky", "Sally", "Tommy",
    "Una", "Vincent", "Winnie", "Xavier", "Yvonne", "Zoe",
)  # fmt: skip
ABROAD = (
    "Aisha Rahman", "Anders Lindqvist", "Beatriz Álvarez",
    "Chloë Dubois", "Dmitri Волков", "Eoin O’Sullivan", "Fatima Al-Zahra",
    "Giulia D’Angelo", "Hiroshi 田中", "Ingrid Sørensen",
    "Jean-Luc Picard", "Kaveh کریمی", "Łukasz Nowak", "Marisol Peña Núñez",
    "Nguyễn Thị Hương", "Óscar Muñoz", "Priya Raghunathan",
    "Quentin Blake", "Rohan Kapoor", "Sofia Papadopoulou", "Tomáš Dvořák",
    "Ulrike Groß", "Vikram Singh", "Wilhelmina van der Berg",
    "Xóchitl Hernández", "Yuki 佐藤", "Zbigniew Szczęsny", "김민지 Kim Min-ji",
    "Maria Cristina dela Cruz", "Siti Nurhaliza",
)  # fmt: skip

ODD = (
    "X",
    "O",
    "李",
    "🌸 Sakura Lee 🌸",
    "Mia 💇‍♀️ Wong",
    "Ada Bartholomew-Featherstonehaugh Wilhelmina Konstantinopolitánska de la Vega y Montenegro of Upper Lascar Row",
    "Robert'); DROP TABLE customer;--",
    "<b>Bold</b> Beatrice",
    "Null Undefined",
    "=SUM(A1:A9) Chan",
    "محمد عبد الرحمن",
    "Æthelstan Þórðarson",
)
"""Real enough to be typed in: one letter, emoji, very long, right to left, and what a careless page or export would run."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name as the desk writes it, and in its own script where that differs."""

    name: str
    native: str | None


def person_name(rng: Random) -> PersonName:
    """A name of the city's mix: mostly Cantonese, with an English first name as often as not."""
    roll = rng.random()
    if roll < 0.08:
        return PersonName(ABROAD[int(rng.random() * len(ABROAD))], None)
    surname, romanised = SURNAMES[_early(rng, len(SURNAMES))]
    given, sounded = GIVEN[int(rng.random() * len(GIVEN))]
    native = surname + given
    if roll < 0.5:
        return PersonName(f"{ENGLISH[int(rng.random() * len(ENGLISH))]} {romanised}", native if rng.random() < 0.7 else None)
    if roll < 0.75:
        return PersonName(f"{romanised} {sounded}", native)
    if roll < 0.9:
        return PersonName(native, None)
    return PersonName(f"{romanised} {sounded} {ENGLISH[int(rng.random() * len(ENGLISH))]}", native)


def mailbox(name: str, number: int) -> str:
    """An address of nobody: letters of the name and a number, at a reserved domain."""
    stem = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())[:20] or "guest"
    return f"{stem}{number}@example.com"


def mobile(number: int) -> str:
    """A valid Hong Kong mobile number in E.164, another for every number below a million."""
    return f"+85261{number * 7_919 % 1_000_000:06d}"


def _early(rng: Random, size: int) -> int:
    """An index that falls on the first ones more often: a few surnames are a third of the city."""
    roll = rng.random()
    return int(roll * roll * size)
