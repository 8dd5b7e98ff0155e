"""Games, plays, stamps and coupons."""
