"""The games of the demo's partners: a stamp card, a wheel, a scratch card and a quiz each."""

from typing import Any

SEED = "loyalty demo games 1"
STAMPS, WHEEL, SCRATCH, QUIZ = range(4)


def _text(english: str, lithuanian: str) -> dict[str, str]:
    return {"en": english, "lt": lithuanian}


def _prize(name: dict[str, str], weight: int, kind: str = "none", **more: Any) -> dict[str, Any]:
    reward = {"reward_type": kind} | {key: more.pop(key) for key in list(more) if key.startswith("reward_")}
    bare = {"color": "", "image_url": "", "stock": None, "per_customer": None, "per_day": None}
    return {"name": name, "weight": weight, **bare, **more, "reward": reward}


NOTHING = _prize(_text("Next time", "Kitą kartą"), 40, color="#9CA3AF")
TENTH = _prize(_text("10 % off", "10 % nuolaida"), 30, "percentage", reward_value=10, color="#2563EB")
POINTS = _prize(_text("50 points", "50 taškų"), 20, "points", reward_points=50, color="#16A34A")


def _free(name: dict[str, str], **more: Any) -> dict[str, Any]:
    return _prize(name, 6, "free_product", reward_product_name=name["lt"], color="#C8102E", **more)


def _question(text: dict[str, str], *answers: dict[str, str], number: int) -> dict[str, Any]:
    """The first answer is the right one, though it does not stand first: that turns with the number."""
    keys = [f"a{place}" for place in range(1, len(answers) + 1)]
    turned = [*answers[number % len(answers) :], *answers[: number % len(answers)]]
    right = keys[turned.index(answers[0])]
    rows = [{"key": key, "text": answer} for key, answer in zip(keys, turned, strict=True)]
    return {"key": f"q{number}", "text": text, "answers": rows, "right": [right], "score": 1}


_WORDS: dict[str, dict[str, Any]] = {
    "chain": {
        "color": "#5B3A29",
        "icon": "coffee",
        "one": _text("coffee", "kava"),
        "several": _text("coffees", "kavos"),
        "stamps": _text("The eighth coffee is on us", "Aštunta kava mūsų sąskaita"),
        "gift": _text("A coffee of your choice", "Pasirinkta kava"),
        "rare": _text("Half a kilo of beans", "Pusė kilogramo pupelių"),
        "quiz": _text("Do you know your coffee?", "Ar pažįsti kavą?"),
        "questions": (
            (
                _text("Where does coffee come from?", "Iš kur kilo kava?"),
                *(_text("Ethiopia", "Iš Etiopijos"), _text("Italy", "Iš Italijos"), _text("Sweden", "Iš Švedijos")),
            ),
            (
                _text("What is a ristretto?", "Kas yra ristretas?"),
                *(_text("A short espresso", "Trumpas espresas"), _text("A cake", "Pyragas")),
            ),
            (
                _text("Which bean has more caffeine?", "Kurioje pupelėje daugiau kofeino?"),
                *(_text("Robusta", "Robustoje"), _text("Arabica", "Arabikoje")),
            ),
        ),
    },
    "bookshop": {
        "color": "#7A1F2B",
        "icon": "book",
        "one": _text("book", "knyga"),
        "several": _text("books", "knygos"),
        "stamps": _text("Eight visits, one book", "Knyga už aštuonis apsilankymus"),
        "gift": _text("A paperback of your choice", "Pasirinkta knyga minkštais viršeliais"),
        "rare": _text("A signed first edition", "Knyga su autoriaus parašu"),
        "quiz": _text("First lines", "Pirmosios eilutės"),
        "questions": (
            (
                _text("Who wrote Pride and Prejudice?", "Kas parašė „Puikybę ir prietarus“?"),
                *(_text("Jane Austen", "Jane Austen"), _text("Mary Shelley", "Mary Shelley")),
            ),
            (
                _text("Who wrote The Seasons?", "Kas parašė „Metus“?"),
                *(
                    _text("Kristijonas Donelaitis", "Kristijonas Donelaitis"),
                    _text("Antanas Baranauskas", "Antanas Baranauskas"),
                ),
            ),
            (
                _text("Whom does Ishmael sail with?", "Su kuo plaukia Izmaelis?"),
                *(_text("Captain Ahab", "Su kapitonu Ahabu"), _text("Captain Nemo", "Su kapitonu Nemo")),
            ),
        ),
    },
    "tea": {
        "color": "#24504A",
        "icon": "tea",
        "one": _text("tea", "arbata"),
        "several": _text("teas", "arbatos"),
        "stamps": _text("Eight teas, one mug", "Puodelis už aštuonias arbatas"),
        "gift": _text("A stoneware mug", "Akmens masės puodelis"),
        "rare": _text("A cast iron teapot", "Ketaus arbatinukas"),
        "quiz": _text("A matter of leaves", "Lapelių reikalai"),
        "questions": (
            (
                _text("Which tea is oxidised the longest?", "Kuri arbata oksiduojama ilgiausiai?"),
                *(_text("Black", "Juodoji"), _text("Green", "Žalioji"), _text("White", "Baltoji")),
            ),
            (
                _text("What flavours Earl Grey?", "Kuo kvepia „Earl Grey“?"),
                *(_text("Bergamot", "Bergamote"), _text("Mint", "Mėta")),
            ),
            (
                _text("Where is Darjeeling?", "Kur yra Dardžilingas?"),
                *(_text("India", "Indijoje"), _text("China", "Kinijoje")),
            ),
        ),
    },
}


def games_for(key: str) -> list[dict[str, Any]]:
    """The games of a partner as `create_game` takes them: stamp card, wheel, scratch card, quiz."""
    words = _WORDS[key]
    gift, rare = _free(words["gift"]), _free(words["rare"], stock=25, per_customer=1, per_day=2)
    branding = {"primary_color": words["color"], "text_color": "#FFFFFF"}
    coupons = {"coupon_validity": "days", "coupon_validity_days": 30}
    free = {"reward_type": "free_product", "reward_product_name": words["gift"]["lt"]}
    questions = [_question(*question, number=number) for number, question in enumerate(words["questions"], 1)]
    common = {"is_active": True, "branding": branding, **coupons}
    return [
        {
            **common,
            "game_type": "stamps",
            "name": words["stamps"],
            "description": _text(
                "A stamp for every visit; a full card is a gift.",
                "Antspaudas už kiekvieną apsilankymą, už pilną kortelę dovana.",
            ),
            "reward_description": words["gift"],
            "reward": free,
            "stamp_settings": {
                "columns": {"stamps_required": 8},
                "design": {
                    "layout": "grid",
                    "rows": 2,
                    "columns": 4,
                    "background_color": words["color"],
                    "text_color": "#FFFFFF",
                    "item_name_singular": words["one"],
                    "item_name_plural": words["several"],
                    "punch_text": _text("One more!", "Dar vienas!"),
                    "reward_text": words["gift"],
                    "stamp_icon": words["icon"],
                    "stamp_icon_type": "icon",
                },
            },
        },
        {
            **common,
            "game_type": "wheel",
            "name": _text("Wheel of fortune", "Laimės ratas"),
            "description": _text("Spin once a day.", "Sukite kartą per dieną."),
            "reward_description": _text("Discounts, points and gifts", "Nuolaidos, taškai ir dovanos"),
            "plays_per_day": 1,
            "prizes": [NOTHING, TENTH, POINTS, gift, rare],
        },
        {
            **common,
            "game_type": "scratch",
            "name": _text("Scratch and see", "Nutrinkite ir pamatysite"),
            "description": _text("Three alike are yours.", "Trys vienodi yra jūsų."),
            "reward_description": _text("Discounts and gifts", "Nuolaidos ir dovanos"),
            "plays_per_day": 3,
            "prizes": [NOTHING, TENTH, gift],
            "config": {"scratch_fields": 9},
        },
        {
            **common,
            "game_type": "quiz",
            "name": words["quiz"],
            "description": _text("Three questions, two right answers win.", "Trys klausimai, dviejų teisingų užtenka."),
            "reward_description": _text("15 % off", "15 % nuolaida"),
            "reward": {"reward_type": "percentage", "reward_value": 15},
            "allow_multiple_active_coupons": False,
            "plays_per_customer": 3,
            "config": {"questions": questions, "pass_score": 2, "seconds_per_question": 60},
        },
    ]
