from cards.models.card import Card, CardShop
from cards.models.issued_card import IssuedCard, RetiredCardNumber

__all__ = ["Card", "CardShop", "IssuedCard", "RetiredCardNumber"]
