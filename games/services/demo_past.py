"""What happened in the games of a demo partner before anybody looked: drawn from a seed, written all at once."""

import random
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

from cards.models import IssuedCard
from games.choices import CouponStatus, PlayStatus, RewardType, StampAction
from games.models import Coupon, Game, Play, Prize, StampEvent, StampProgress
from games.rules.codes import SIZE, code_of
from games.rules.draws import chances_of, draws, hash_of_seed
from games.rules.quiz import Quiz, order_of
from games.rules.rewards import reward_of
from games.rules.scratch import ticket_of
from games.rules.validity import expiry_of_coupon
from ledger.models import Transaction
from loyalty.services.audit import SYSTEM
from partners.models import Partner, Shop

WEEKS = 6
PLAYS = 4  # at most, of one customer at one game
REDEEMED = 0.6  # share of coupons whose holder came back in time
Visits = Mapping[int, Sequence[Transaction]]


@dataclass(slots=True)
class Past:
    """Collects rows; `write` puts them in the database."""

    partner: Partner
    draw: random.Random
    at: datetime
    plays: list[Play] = field(default_factory=list)
    coupons: list[Coupon] = field(default_factory=list)
    cards: list[StampProgress] = field(default_factory=list)
    events: list[StampEvent] = field(default_factory=list)
    awarded: Counter[int] = field(default_factory=Counter)

    # --- stamps

    def stamp(self, game: Game, players: Sequence[IssuedCard], visits: Visits) -> None:
        """A stamp for each purchase; a full card becomes a coupon and starts again."""
        required = game.stamps_required or 1
        for issued in players:
            sales = visits.get(issued.pk, ())
            if not sales:
                continue
            first, last = sales[0].occurred_at, sales[-1].occurred_at
            card = StampProgress(partner=self.partner, game=game, issued_card=issued, started_at=first, updated_at=last)
            self.cards.append(card)
            for sale in sales:
                card.current_step += 1
                is_full = card.current_step == required
                if is_full:
                    card.current_step, card.completed_at = 0, sale.occurred_at
                    card.rounds += 1
                    card.coupon = self._coupon(game, issued, game, sale.occurred_at, earned_by=sale)
                self._note(card, StampAction.STAMP_ADDED, 1, sale, is_full=is_full)
                if is_full:
                    self._note(card, StampAction.GAME_COMPLETED, required, sale)

    def _note(
        self, card: StampProgress, action: StampAction, value: int, sale: Transaction, *, is_full: bool = False
    ) -> None:
        is_stamp = action == StampAction.STAMP_ADDED
        self.events.append(
            StampEvent(
                progress=card,
                partner=self.partner,
                action=action,
                value=value,
                shop_id=sale.shop_id,
                transaction_id=sale.pk if is_stamp else None,
                business_key=f"demo:{sale.pk}" if is_stamp else None,
                actor_kind=SYSTEM.kind,
                occurred_at=sale.occurred_at,
                step_after=card.current_step,
                filled=int(is_full),
            )
        )

    # --- plays

    def spin(self, game: Game, players: Sequence[IssuedCard]) -> None:
        """Turns at a wheel, at home."""
        prizes = _prizes(game)
        for play in self._turns(game, players):
            self._draw_prize(play, prizes)

    def scratch(self, game: Game, players: Sequence[IssuedCard]) -> None:
        """Tickets that were scratched."""
        prizes = _prizes(game)
        for play in self._turns(game, players):
            self._draw_prize(play, prizes)
            play.result["fields"] = ticket_of(
                play.server_seed,
                play.client_seed,
                winner=play.result["drawn"],
                symbols=[one["key"] for one in play.odds],
                fields=game.config["scratch_fields"],
            )

    def ask(self, game: Game, players: Sequence[IssuedCard]) -> None:
        """A quiz, once for each; whoever knows enough wins."""
        for issued in players:
            play = self._play(game, issued, days_back=self.draw.randint(0, 7 * WEEKS))
            play.client_seed = str(play.session_key)
            play.odds = [{"key": question["key"]} for question in game.config["questions"]]
            order = order_of(play.server_seed, play.client_seed, [one["key"] for one in play.odds])
            quiz = Quiz.started(game.config, order, play.started_at)
            for step, question in enumerate(list(quiz.questions), 1):
                keys = [answer["key"] for answer in question["answers"]]
                chosen = question["right"] if self.draw.random() < 0.7 else [self.draw.choice(keys)]
                quiz.answer(question, chosen, play.started_at + timedelta(seconds=20 * step))
            play.state, play.score = {"quiz": quiz.kept()}, quiz.score
            play.result = {"questions": order, "won": quiz.is_passed}
            if quiz.is_passed:
                play.coupon = self._coupon(game, issued, game, play.started_at + timedelta(minutes=1))

    def _turns(self, game: Game, players: Sequence[IssuedCard]) -> list[Play]:
        turns = []
        for issued in players:
            days = self.draw.sample(range(7 * WEEKS), self.draw.randint(0, PLAYS))
            turns += [self._play(game, issued, days_back=back) for back in sorted(days, reverse=True)]
        return turns

    def _play(self, game: Game, issued: IssuedCard, *, days_back: int) -> Play:
        zone = ZoneInfo(self.partner.time_zone)
        today = datetime.combine(self.at.astimezone(zone).date(), time.min, zone)
        started = today - timedelta(days=days_back, minutes=self.draw.randint(120, 720))
        seed = f"{self.draw.getrandbits(256):064x}"
        play = Play(
            session_key=self._uuid(),
            partner=self.partner,
            game=game,
            customer_id=issued.customer_id,
            issued_card=issued,
            actor_kind=SYSTEM.kind,
            status=PlayStatus.COMPLETED,
            server_seed=seed,
            seed_hash=hash_of_seed(seed),
            local_on=started.astimezone(zone).date(),
            started_at=started,
            expires_at=started + timedelta(minutes=game.session_minutes),
            completed_at=started + timedelta(minutes=1),
        )
        self.plays.append(play)
        return play

    def _draw_prize(self, play: Play, prizes: Mapping[int, Prize]) -> None:
        """A fair draw; points would have to stand in the ledger, so the player's seed is one that draws none."""
        play.odds = [{"key": str(prize.pk), "name": prize.name, "weight": prize.weight} for prize in prizes.values()]
        while play.prize is None:
            play.client_seed = f"{self.draw.getrandbits(64):x}"
            drawn = next(draws(play.server_seed, play.client_seed, chances_of(play.odds)))
            prize = prizes[int(drawn.key)]
            if prize.reward_type == RewardType.POINTS or prize.stock is not None:
                continue
            play.prize = prize
            play.result = {"drawn": drawn.key, "counter": drawn.counter, "skipped": []}
        self.awarded[play.prize.pk] += 1
        if reward_of(play.prize).is_coupon:
            at = play.completed_at or play.started_at
            play.coupon = self._coupon(play.game, play.issued_card, play.prize, at)

    # --- coupons

    def _coupon(
        self,
        game: Game,
        issued: IssuedCard,
        source: Game | Prize,
        at: datetime,
        *,
        earned_by: Transaction | None = None,
    ) -> Coupon:
        coupon = Coupon(
            partner=self.partner,
            code=code_of(self.draw.randrange(SIZE)),
            qr_value=self._uuid(),
            title=source.name if isinstance(source, Prize) else game.reward_description,
            customer_id=issued.customer_id,
            issued_card=issued,
            game=game,
            prize=source if isinstance(source, Prize) else None,
            earned_by=earned_by,
            is_exclusive=not game.allow_multiple_active_coupons,
            issued_at=at,
            expires_at=expiry_of_coupon(
                mode=game.coupon_validity,
                days=game.coupon_validity_days,
                stamp_days=game.stamp_expiration_days,
                card_days=issued.card.default_coupon_validity_days,
                at=at,
            ),
            **reward_of(source).columns(),
        )
        self.coupons.append(coupon)
        return coupon

    def use_coupons(self, visits: Visits) -> None:
        """Redeemed by a later purchase, expired, laid on the counter just now, or still good."""
        shops = list(Shop.objects.filter(partner=self.partner, is_active=True).order_by("pk")[:5])
        waiting = 3
        for coupon in self.coupons:
            later = self._later(coupon, visits)
            if later is not None and self.draw.random() < REDEEMED:
                coupon.status, coupon.redeemed_at = CouponStatus.REDEEMED, later.occurred_at
                coupon.redeemed_shop_id, coupon.redeemed_by = later.shop_id, later
                coupon.redeemed_actor_kind = SYSTEM.kind
            elif coupon.expires_at is not None and coupon.expires_at <= self.at:
                coupon.status, coupon.ended_at = CouponStatus.EXPIRED, coupon.expires_at
            elif waiting and coupon.game_id is not None and coupon.prize_id is None:
                coupon.status, coupon.pending_at = CouponStatus.PENDING, self.at - timedelta(minutes=waiting)
                coupon.pending_shop = self.draw.choice(shops)
                waiting -= 1

    def _later(self, coupon: Coupon, visits: Visits) -> Transaction | None:
        """The next purchase within the coupon's days."""
        for sale in visits.get(coupon.issued_card_id or 0, ()):
            if sale.occurred_at > coupon.issued_at and (
                coupon.expires_at is None or sale.occurred_at < coupon.expires_at
            ):
                return sale
        return None

    def write(self) -> None:
        """Everything, in the order in which it refers to one another."""
        Coupon.objects.bulk_create(self.coupons, batch_size=500)
        StampProgress.objects.bulk_create(self.cards, batch_size=500)
        StampEvent.objects.bulk_create(self.events, batch_size=500)
        Play.objects.bulk_create(self.plays, batch_size=500)
        for prize_id, count in sorted(self.awarded.items()):
            Prize.objects.filter(pk=prize_id).update(awarded=F("awarded") + count)

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.draw.getrandbits(128), version=4)


def _prizes(game: Game) -> dict[int, Prize]:
    """What the game draws from, in its order."""
    return {prize.pk: prize for prize in Prize.objects.filter(game=game, is_active=True).order_by("position")}
