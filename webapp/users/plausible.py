"""Made-up people who look like real ones: the same each time, and as many as are asked for.

Their names come from many places, with accents, in other scripts and from right to left, because that is what lists
and forms have to take. Their addresses are at names that nobody can own (RFC 2606), so no mail reaches anybody.
"""

# ruff: noqa: RUF001 - people are spelt as they spell themselves

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import NamedTuple

YEARS = 3
HOSTS = ("example.org", "mail.example.org", "office.example.org", "example.net")


@dataclass(frozen=True)
class Place:
    """Names of one place. A word in another script stands before its spelling in Latin letters: ``王=Wang``."""

    zone: str
    weight: int
    given: str
    family: str
    family_first: bool = False


PLACES = (
    Place(
        "America/Sao_Paulo",
        24,
        "Ana João Antônio Beatriz Caio Cecília Débora Eduardo Fábio Gabriela Heloísa Ícaro Inês Jéssica Luís Márcia "
        "Mônica Otávio Patrícia Raí Renato Sônia Thaís Vinícius Zélia",
        "Almeida Araújo Barbosa Brandão Câmara Conceição Costa Falcão Ferreira Gonçalves Guimarães Lima Magalhães "
        "Moraes Nóbrega Oliveira Paixão Ribeiro Sá Silva Simões Souza Tavares Vasconcelos",
    ),
    Place(
        "Europe/Lisbon",
        6,
        "Afonso Álvaro Catarina Duarte Filipa Gonçalo Leonor Madalena Rúben Sofia Tomé",
        "Antunes Baião Carvalho Figueirôa Henriques Leitão Marçal Pinhão Queirós Veríssimo",
    ),
    Place(
        "Europe/Madrid",
        8,
        "Álex Begoña Concepción Íñigo Javier José Lucía María Núria Óscar Sebastián Xènia",
        "Ángel Castaño Domínguez Echeverría Fernández García Ibáñez Muñoz Núñez Peña Rodríguez Yáñez",
    ),
    Place(
        "America/Mexico_City",
        6,
        "Adrián Citlali Jesús Guadalupe Itzel Joaquín Ximena Raúl Sofía Tomás",
        "Aguilar Chávez Gutiérrez Hernández Jiménez López Martínez Ordóñez Sánchez Zúñiga",
    ),
    Place(
        "Europe/Paris",
        8,
        "Aurélie Benoît Céline Désirée Étienne François Hélène Joëlle Loïc Maëlle Noël Théo",
        "Beaufré Chénier Dupré Fournier Géroux Hébert Lefèvre Mérimée Noël Pâris Rémy Thévenot",
    ),
    Place(
        "Europe/Berlin",
        8,
        "Anke Björn Cäcilie Dörte Friedrich Götz Jürgen Käthe Lüder Sönke Ute Wiebke",
        "Bäcker Döring Fröhlich Groß Hübner Jäger Krüger Möller Preuß Schröder Weiß Zöllner",
    ),
    Place(
        "Europe/Stockholm",
        5,
        "Åsa Bjørn Elin Göran Håkan Ingrid Jørgen Märta Sören Øystein",
        "Åkesson Bergström Dahlgård Ekelöf Hägglund Kjær Lindström Nygård Sjöberg Ødegaard",
    ),
    Place(
        "Europe/Warsaw",
        5,
        "Agnieszka Bogusław Elżbieta Grażyna Józef Łukasz Małgorzata Paweł Stanisław Żaneta",
        "Błaszczyk Dąbrowski Gołąb Jabłoński Kozioł Łuczak Nowak Ślązak Wójcik Źródlak",
    ),
    Place(
        "Europe/Prague",
        4,
        "Aneta Bořivoj Dušan Jiří Kateřina Luboš Marie Ondřej Šárka Zdeněk",
        "Beneš Černý Dvořák Horáček Kovář Němec Růžička Říha Šťastný Žák",
    ),
    Place(
        "Europe/Istanbul",
        5,
        "Ayşe Çağrı Emre Gökçe İbrahim Işıl Ömer Şule Tuğba Ümit",
        "Aydın Çelik Doğan Güneş Işık Kılıç Öztürk Şahin Ünal Yıldız",
    ),
    Place(
        "Asia/Ho_Chi_Minh",
        4,
        "Ánh Bảo Đức Hằng Hiền Khánh Ngọc Quỳnh Thảo Tuấn",
        "Bùi Đặng Đỗ Hoàng Lê Nguyễn Phạm Trần Võ Vũ",
        family_first=True,
    ),
    Place(
        "Africa/Lagos",
        5,
        "Adébáyọ̀ Chiọma Ẹniọlá Fẹ́mi Ifẹ́ Kẹ́hìndé Ngozi Ọlá Tọ́pẹ́ Yẹmí",
        "Adeyẹmí Babátúndé Chukwu Ẹ̀bùn Ìbídùn Ńwosu Okafor Òjó Ọ̀ṣun Ṣóyínká",
    ),
    Place(
        "Europe/London",
        8,
        "Aoife Bríd Ciarán Dylan Eleanor Grace Niamh Oliver Rhiannon Seán Siân Thomas",
        "Ashdown Bennett Clarke Ó%Briain Harrington Llewellyn MacLeod Ní%Dhónaill Okonkwo-Hughes Wright",
    ),
    Place(
        "Europe/Kyiv",
        5,
        "Олена=Olena Богдан=Bohdan Ганна=Hanna Дмитро=Dmytro Іван=Ivan Леся=Lesia Тарас=Taras Юлія=Yuliia",
        "Бондар=Bondar Гончар=Honchar Коваль=Koval Лисенко=Lysenko Мельник=Melnyk Шевченко=Shevchenko",
    ),
    Place(
        "Europe/Athens",
        3,
        "Αλέξης=Alexis Ελένη=Eleni Γιώργος=Giorgos Κατερίνα=Katerina Νίκος=Nikos Σοφία=Sofia",
        "Βασιλείου=Vasileiou Δημητρίου=Dimitriou Ιωάννου=Ioannou Νικολάου=Nikolaou Παππάς=Pappas",
    ),
    Place(
        "Africa/Cairo",
        5,
        "أحمد=Ahmed خالد=Khaled عمر=Omar فاطمة=Fatma ليلى=Layla محمد=Mohamed مريم=Mariam نور=Nour",
        "الشافعي=Elshafei حسن=Hassan سليمان=Soliman عبدالله=Abdallah فاروق=Farouk منصور=Mansour",
    ),
    Place(
        "Asia/Jerusalem",
        3,
        "אורי=Uri דנה=Dana יעל=Yael משה=Moshe נועה=Noa שירה=Shira",
        "אברהם=Avraham כהן=Cohen לוי=Levi מזרחי=Mizrahi פרץ=Peretz",
    ),
    Place(
        "Asia/Kolkata",
        5,
        "अमित=Amit दीपा=Deepa काव्या=Kavya नीरज=Neeraj प्रिया=Priya संजय=Sanjay",
        "गुप्ता=Gupta जोशी=Joshi पटेल=Patel मिश्रा=Mishra वर्मा=Varma शर्मा=Sharma",
    ),
    Place(
        "Asia/Shanghai",
        5,
        "伟=Wei 芳=Fang 娜=Na 秀英=Xiuying 敏=Min 静=Jing 磊=Lei 洋=Yang",
        "王=Wang 李=Li 张=Zhang 刘=Liu 陈=Chen 杨=Yang 欧阳=Ouyang",
        family_first=True,
    ),
    Place(
        "Asia/Tokyo",
        4,
        "さくら=Sakura 健太=Kenta 美咲=Misaki 大輔=Daisuke ひかり=Hikari 翔太=Shota",
        "佐藤=Sato 鈴木=Suzuki 高橋=Takahashi 田中=Tanaka 伊藤=Ito 渡辺=Watanabe",
        family_first=True,
    ),
    Place(
        "Asia/Seoul",
        3,
        "민준=Minjun 서연=Seoyeon 지훈=Jihun 하은=Haeun 수빈=Subin",
        "김=Kim 이=Lee 박=Park 최=Choi 정=Jung",
        family_first=True,
    ),
)

_WEIGHTS = list(accumulate(place.weight for place in PLACES))
_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"}
)


class Somebody(NamedTuple):
    """One made-up person, with values for the columns of a user."""

    username: str
    email: str
    full_name: str
    timezone: str
    is_active: bool
    is_staff: bool
    created_at: datetime
    last_login_at: datetime | None


def people(until: datetime, seed: int = 1) -> Iterator[Somebody]:
    """People without end, each with a username and an e-mail of their own; who came last came before *until*.

    The same *seed* gives the same people, so that what was begun can be gone on with.
    """
    chance = random.Random(seed)  # noqa: S311 - nobody is to be kept from guessing them
    namesakes: dict[str, int] = {}
    while True:
        place = chance.choices(PLACES, cum_weights=_WEIGHTS)[0]
        given, family = chance.choice(_names(place.given)), chance.choice(_names(place.family))
        name = f"{given[1]}.{family[1]}"
        number = namesakes[name] = namesakes.get(name, 0) + 1
        username = name if number == 1 else f"{name}{number}"
        created = until - timedelta(seconds=chance.randrange(1, YEARS * 365 * 24 * 3600))
        is_active = chance.random() > 0.12
        seen = None
        if chance.random() > 0.15:
            # Most were here not long ago, who was deactivated was not.
            ago = (until - created) * min(1.0, chance.expovariate(12 if is_active else 2))
            seen = max(created, until - ago)
        yield Somebody(
            username=username,
            email=f"{username}@{chance.choice(HOSTS)}",
            full_name=_full_name(given[0], family[0], place),
            timezone=place.zone if chance.random() > 0.4 else "",
            is_active=is_active,
            is_staff=chance.random() < 0.14,
            created_at=created,
            last_login_at=seen,
        )


@cache
def _names(words: str) -> list[tuple[str, str]]:
    """Each name as its bearer writes it, and as it goes into a username."""
    halves = [word.replace("%", " ").partition("=") for word in words.split()]
    return [(unicodedata.normalize("NFC", written), _plain(latin or written)) for written, _, latin in halves]


def _plain(word: str) -> str:
    """Small Latin letters without accents."""
    bare = unicodedata.normalize("NFKD", word.translate(_UNDECOMPOSED))
    return "".join(
        letter for letter in bare.casefold() if letter.isascii() and (letter.isalnum() or letter == "-")
    )


def _full_name(given: str, family: str, place: Place) -> str:
    if not place.family_first:
        return f"{given} {family}"
    # Chinese characters stand without a blank between.
    return f"{family}{given}" if "\u3040" <= family[0] <= "\u9fff" else f"{family} {given}"
