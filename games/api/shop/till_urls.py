"""What a till waits for: tried before everything else, because patterns are tried one by one."""

from django.urls import path

from games.api.shop.coupon_uses import use_coupon
from games.api.shop.coupons import verify_coupon
from games.api.shop.play_short import put_spin
from games.api.shop.stamps import put_stamps

urlpatterns = [
    path("shop/games/<int:pk>/add-stamps", put_stamps),
    path("shop/coupons/verify", verify_coupon),
    path("shop/coupons/redeem", use_coupon),
    path("shop/games/<int:pk>/spin-wheel", put_spin),
]
