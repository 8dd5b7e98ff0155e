"""The shelves of the three partners: a café chain, a bookshop, a tea merchant."""

from ledger.demo.goods import Group

_SUMMER = (0.2, 0.2, 0.4, 0.7, 1.3, 1.8, 2.0, 1.9, 1.1, 0.5, 0.2, 0.2)
_WINTER = (1.5, 1.4, 1.2, 0.9, 0.6, 0.4, 0.3, 0.4, 0.7, 1.1, 1.4, 1.8)
_BEFORE_CHRISTMAS = (0.1, 0.1, 0.1, 0.2, 0.3, 0.2, 0.2, 0.2, 0.3, 0.6, 2.0, 5.0)
_BACK_TO_SCHOOL = (0.8, 0.8, 0.9, 0.9, 0.8, 0.6, 0.7, 2.6, 2.4, 1.0, 0.9, 1.0)

CAFE = (
    Group(
        *("coffee", "Coffee", "Kava"),
        """
        Kapučino = 3.40
        Latė = 3.80
        Juoda kava = 2.60
        Espresas = 2.20
        Flat white = 3.70
        Avižinė latė = 4.30
        Mokačino = 4.10
        Espresas Macchiato = 2.70
        """,
        dayparts=(10, 6, 5, 2),
    ),
    Group(
        *("pastry", "Pastry", "Kepiniai"),
        """
        Sviestinis ragelis = 2.30
        Cinamoninė bandelė = 2.90
        Ragelis su šokoladu = 2.70
        Varškės bandelė = 2.60
        Spurga su uogiene = 1.90
        Bandelė su aguonomis = 2.40
        """,
        dayparts=(6, 2, 3, 1.5),
    ),
    Group(
        *("sandwiches", "Sandwiches", "Sumuštiniai"),
        """
        Sumuštinis su vištiena = 5.40
        Sumuštinis su kumpiu ir sūriu = 4.90
        Beigelis su lašiša = 6.80
        Sumuštinis su avokadu = 5.90
        Panini su mocarela = 5.60
        """,
        dayparts=(1.5, 5, 1.5, 1),
    ),
    Group(
        *("soup", "Soup and salad", "Sriubos ir salotos"),
        """
        Dienos sriuba = 3.90
        Cezario salotos = 7.50
        Graikiškos salotos = 6.90
        Šaltibarščiai = 4.50
        """,
        dayparts=(0.1, 4, 0.8, 0.5),
    ),
    Group(
        *("cake", "Cake", "Tortai"),
        """
        Sūrio tortas = 4.60
        Medaus tortas = 4.20
        Morkų pyragas = 4.10
        Tinginys = 3.20
        Šimtalapis = 4.40
        """,
        dayparts=(0.8, 1.5, 4, 3),
    ),
    Group(
        *("cold drinks", "Cold drinks", "Šaltieji gėrimai"),
        """
        Ledinė latė = 4.40
        Naminis limonadas = 3.90
        Mineralinis vanduo = 1.80
        Apelsinų sultys = 3.60
        Kombučia = 4.20
        """,
        dayparts=(1, 2, 3, 2),
        months=_SUMMER,
    ),
    Group(
        *("tea", "Tea and cocoa", "Arbata ir kakava"),
        """
        Juodoji arbata = 2.50
        Žalioji arbata = 2.50
        Karštas šokoladas = 4.20
        Imbierinė arbata = 3.30
        """,
        dayparts=(2, 1.5, 2.5, 2),
        months=_WINTER,
    ),
    Group(
        *("beans", "Coffee beans", "Kavos pupelės"),
        """
        Kavos pupelės Brazilija, 250 g = 9.90
        Kavos pupelės Etiopija, 250 g = 12.50
        Kavos pupelės Kolumbija, 1 kg = 34.00
        """,
        dayparts=(0.2, 0.2, 0.4, 0.3),
    ),
    Group(
        *("alcohol", "Wine and beer", "Vynas ir alus"),
        """
        Amatinis alus, 0,33 l = 4.90
        Baltasis vynas, taurė = 5.50
        Putojantis vynas, taurė = 6.20
        Airiška kava = 6.90
        """,
        dayparts=(0, 0.3, 0.8, 3),
        earns_points=False,
    ),
)
BOOKS = (
    Group(
        *("fiction", "Fiction", "Grožinė literatūra"),
        """
        Pride and Prejudice = 12.90
        Altorių šešėly = 14.50
        Jane Eyre = 13.90
        Balta drobulė = 13.20
        The Picture of Dorian Gray = 11.50
        Anykščių šilelis = 9.80
        Crime and Punishment = 15.90
        Dievų miškas = 12.40
        Middlemarch = 16.50
        Metai = 11.20
        The Great Gatsby = 10.90
        Moby-Dick = 14.90
        """,
        dayparts=(4, 4, 4, 4),
    ),
    Group(
        *("children", "Children's books", "Knygos vaikams"),
        """
        The Wind in the Willows = 13.50
        Lietuvių liaudies pasakos = 15.90
        Alice's Adventures in Wonderland = 11.90
        Eglė žalčių karalienė = 12.50
        The Secret Garden = 10.90
        Sticker Book of the Forest = 7.90
        """,
        dayparts=(3, 2, 3, 2),
        months=(*(1,) * 10, 1.3, 1.8),
    ),
    Group(
        *("non-fiction", "Non-fiction", "Negrožinė literatūra"),
        """
        A Short History of the Baltic = 22.50
        Lietuvos miestų architektūra = 34.00
        The Bread Book = 27.90
        Paukščiai: vadovas gamtininkui = 24.50
        A Walker's Guide to Vilnius = 16.90
        """,
        dayparts=(2, 2, 2, 2.5),
    ),
    Group(
        *("textbooks", "Textbooks", "Vadovėliai"),
        """
        Matematika 9 klasei = 14.90
        English Grammar in Practice = 29.50
        Lietuvių kalbos žinynas = 18.90
        """,
        dayparts=(1, 1, 1.5, 1),
        months=_BACK_TO_SCHOOL,
    ),
    Group(
        *("stationery", "Stationery", "Kanceliarija"),
        """
        Notebook, dotted = 8.90
        Fountain pen = 24.90
        Wrapping paper = 3.50
        Pencil set = 6.50
        Greeting card = 2.90
        """,
        dayparts=(2, 2, 2, 2),
        months=_BACK_TO_SCHOOL,
    ),
    Group(
        *("calendars", "Calendars", "Kalendoriai"),
        """
        Wall calendar = 14.90
        Desk diary = 19.90
        """,
        months=_BEFORE_CHRISTMAS,
    ),
    Group(
        *("gift cards", "Gift cards", "Dovanų kuponai"),
        """
        Gift card 25 = 25.00
        Gift card 50 = 50.00
        """,
        dayparts=(0.3, 0.3, 0.4, 0.5),
        months=_BEFORE_CHRISTMAS,
        earns_points=False,
    ),
)
TEA = (
    Group(
        *("black tea", "Black tea", "Juodoji arbata"),
        """
        English Breakfast, 125 g = 7.95
        Earl Grey, 125 g = 8.50
        Assam Second Flush, 100 g = 9.75
        Darjeeling First Flush, 50 g = 11.50
        Lapsang Souchong, 100 g = 10.25
        """,
        dayparts=(4, 3, 4, 4),
    ),
    Group(
        *("green tea", "Green tea", "Žalioji arbata"),
        """
        Sencha, 100 g = 9.95
        Dragon Well, 50 g = 12.80
        Jasmine Pearls, 50 g = 13.50
        Genmaicha, 100 g = 8.90
        """,
        dayparts=(2, 2, 2, 2),
    ),
    Group(
        *("herbal", "Herbal infusions", "Žolelių arbata"),
        """
        Peppermint, 60 g = 5.95
        Chamomile, 60 g = 6.25
        Lemon and Ginger, 80 g = 6.75
        Rooibos, 100 g = 6.50
        """,
        dayparts=(2, 2, 2, 3),
        months=_WINTER,
    ),
    Group(
        *("cold brew", "Cold brew", "Šaltoji arbata"),
        """
        Cold Brew Pouches, Peach = 7.25
        Cold Brew Pouches, Mint = 7.25
        """,
        months=_SUMMER,
    ),
    Group(
        *("teaware", "Teaware", "Arbatos indai"),
        """
        Stoneware Mug = 14.00
        Cast Iron Teapot = 48.00
        Glass Infuser = 12.50
        Tea Tin = 9.00
        Bamboo Whisk = 16.00
        """,
        dayparts=(1, 1.2, 1.5, 1.5),
    ),
    Group(
        *("gifts", "Gift boxes", "Dovanų rinkiniai"),
        """
        Afternoon Tea Box = 32.00
        Advent Calendar = 39.00
        Tasting Set of Six = 24.00
        """,
        months=_BEFORE_CHRISTMAS,
    ),
    Group(
        *("gift cards", "Gift cards", "Dovanų kuponai"),
        "Gift card 30 = 30.00",
        dayparts=(0.1, 0.1, 0.2, 0.2),
        earns_points=False,
    ),
)
