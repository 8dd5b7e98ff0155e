"""What a coupon takes off a purchase: worked examples and what always holds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from games.rules.discount import Discount, Goods, PricedLine, discount_of
from games.rules.rewards import Reward


def money(text: str) -> Decimal:
    return Decimal(text)


def line(name: str, price: str, quantity: int = 1, category: str = "") -> PricedLine:
    return PricedLine(frozenset({name}), category, money(price), money(price) * quantity)


@pytest.mark.parametrize(
    ("reward", "purchase", "discount"),
    [
        (Reward("percentage", money("10")), "50", "5.00"),
        (Reward("percentage", money("12.5")), "19.99", "2.50"),
        (Reward("percentage", money("50"), maximum_discount=money("20")), "100", "20.00"),
        (Reward("percentage", money("100")), "0.01", "0.01"),
        (Reward("fixed", money("5")), "50", "5.00"),
        (Reward("fixed", money("5")), "3", "3.00"),
        (Reward("fixed", money("5"), minimum_purchase=money("50")), "50", "5.00"),
        (Reward("points", points=30), "50", "0"),
        (Reward("free_product", product_name="Latte"), "50", "0.00"),
    ],
)
def test_worked_examples(reward: Reward, purchase: str, discount: str) -> None:
    found = discount_of(reward, purchase=money(purchase), lines=(), goods=Goods())
    assert (found.refusal, found.amount) == ("", money(discount))
    assert found.points == (reward.points or 0)


def test_below_the_least_purchase_nothing_is_taken_off() -> None:
    reward = Reward("fixed", money("5"), minimum_purchase=money("50.01"))
    assert discount_of(reward, purchase=money("50"), lines=(), goods=Goods()) == Discount("minimum", Decimal(0))


@pytest.mark.parametrize(
    ("reward", "goods", "discount"),
    [
        # One piece of the dearest that fits.
        (Reward("free_product"), Goods(names=frozenset({"latte", "mocha"})), "4.00"),
        (Reward("free_product"), Goods(names=frozenset({"latte"})), "3.00"),
        # A part of what it is for, not of the whole cart.
        (Reward("percentage", money("10")), Goods(categories=frozenset({"coffee"})), "1.00"),
        (Reward("percentage", money("10")), Goods(names=frozenset({"cake"})), "0.50"),
        (Reward("percentage", money("10")), Goods(), "1.50"),
        (Reward("fixed", money("9")), Goods(names=frozenset({"cake"})), "5.00"),
    ],
)
def test_a_cart_says_what_the_coupon_is_for(reward: Reward, goods: Goods, discount: str) -> None:
    cart = [line("latte", "3", 2, "coffee"), line("mocha", "4", 1, "coffee"), line("cake", "5", 1, "sweets")]
    assert discount_of(reward, purchase=money("15"), lines=cart, goods=goods).amount == money(discount)


@pytest.mark.parametrize("price", ["0", "2"])
def test_a_coupon_for_everything_goes_by_the_purchase_whatever_the_cart_leaves_out(price: str) -> None:
    cart = [line("latte", price)]
    for reward, discount in (
        (Reward("percentage", money("10")), "5.00"),
        (Reward("fixed", money("9")), "9.00"),
    ):
        assert discount_of(reward, purchase=money("50"), lines=cart, goods=Goods()).amount == money(discount)


def test_a_good_without_a_price_in_the_cart_has_that_of_the_catalogue() -> None:
    goods = Goods(names=frozenset({"latte"}), price=money("3.20"))
    found = discount_of(Reward("free_product"), purchase=money("50"), lines=[line("latte", "0")], goods=goods)
    assert found.amount == money("3.20")


def test_a_cart_without_the_goods_is_refused() -> None:
    found = discount_of(
        Reward("free_product"),
        purchase=money("5"),
        lines=[line("cake", "5")],
        goods=Goods(names=frozenset({"latte"}), price=money("3")),
    )
    assert found == Discount("goods", Decimal(0))


def test_without_a_cart_the_price_of_the_good_is_taken_off() -> None:
    goods = Goods(names=frozenset({"latte"}), price=money("3.20"))
    assert discount_of(Reward("free_product"), purchase=money("5"), lines=(), goods=goods).amount == money("3.20")
    assert discount_of(Reward("free_product"), purchase=money("2"), lines=(), goods=goods).amount == money("2.00")


amounts = st.decimals(min_value=0, max_value=100_000, places=2)
rewards = st.one_of(
    st.builds(
        Reward,
        st.just("percentage"),
        st.decimals(min_value=Decimal("0.01"), max_value=100, places=2),
        minimum_purchase=amounts,
        maximum_discount=st.none() | st.decimals(min_value=Decimal("0.01"), max_value=500, places=2),
    ),
    st.builds(
        Reward,
        st.just("fixed"),
        st.decimals(min_value=Decimal("0.01"), max_value=500, places=2),
        minimum_purchase=amounts,
    ),
    st.builds(Reward, st.just("points"), points=st.integers(1, 10_000)),
    st.builds(Reward, st.just("free_product")),
)


@given(rewards, amounts, st.lists(st.tuples(amounts, st.integers(1, 5)), max_size=4))
def test_a_discount_is_never_more_than_the_purchase_nor_below_nothing(
    reward: Reward, purchase: Decimal, cart: list[Any]
) -> None:
    lines = [line(f"p{index}", str(price), quantity) for index, (price, quantity) in enumerate(cart)]
    found = discount_of(reward, purchase=purchase, lines=lines, goods=Goods(names=frozenset({"p0", "p2"})))
    assert 0 <= found.amount <= purchase
    assert found.amount == found.amount.quantize(Decimal("0.01"))
    if reward.maximum_discount is not None:
        assert found.amount <= reward.maximum_discount
    if found.refusal:
        assert (found.amount, found.points) == (0, 0)
