from cards.models.card import Card, CardShop
from cards.models.issued_card import IssuedCard, RetiredCardNumber
from cards.models.qr_card import QrCardSession

__all__ = ["Card", "CardShop", "IssuedCard", "QrCardSession", "RetiredCardNumber"]
