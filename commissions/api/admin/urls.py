from django.urls import path

from commissions.api.admin.bank import BankDetailsViewSet
from commissions.api.admin.lines import LineViewSet
from commissions.api.admin.payout_runs import PayoutRunViewSet
from commissions.api.admin.payouts import PayoutViewSet
from commissions.api.admin.simulation import SimulationViewSet
from commissions.api.admin.statements import StatementViewSet
from commissions.api.admin.terms import TermsViewSet
from commissions.api.admin.views import CommissionViewSet, DefaultRatesViewSet

OF_PARTNER = "admin/partners/<int:id>/commission"
PAYOUT = "admin/payouts/<int:payout_id>"
RUN = "admin/payout-runs/<int:run_id>"
urlpatterns = [
    path("admin/commission/rates", DefaultRatesViewSet.as_view({"get": "rates", "put": "set_rates"})),
    path(f"{OF_PARTNER}/rates", CommissionViewSet.as_view({"get": "rates", "put": "set_rates"})),
    path(f"{OF_PARTNER}/rates/simulate", SimulationViewSet.as_view({"post": "simulate"})),
    path(f"{OF_PARTNER}/force-sync", CommissionViewSet.as_view({"post": "force_sync"})),
    path(f"{OF_PARTNER}/lock", CommissionViewSet.as_view({"post": "lock"})),
    path(f"{OF_PARTNER}/unlock", CommissionViewSet.as_view({"post": "unlock"})),
    path(f"{OF_PARTNER}/lock-status", CommissionViewSet.as_view({"get": "lock_status"})),
    path(
        f"{OF_PARTNER}/bank-details",
        BankDetailsViewSet.as_view({"get": "bank_details", "put": "set_bank_details"}),
    ),
    path(f"{OF_PARTNER}/lines", LineViewSet.as_view({"get": "lines", "post": "add_line"})),
    path(f"{OF_PARTNER}/terms", TermsViewSet.as_view({"get": "terms", "put": "set_terms"})),
    path(f"{OF_PARTNER}/settle", StatementViewSet.as_view({"post": "settle"})),
    path(f"{OF_PARTNER}/statements", StatementViewSet.as_view({"get": "list"})),
    path(f"{OF_PARTNER}/statements/<int:statement_id>", StatementViewSet.as_view({"get": "retrieve"})),
    path(f"{OF_PARTNER}/statements/<int:statement_id>/download", StatementViewSet.as_view({"get": "download"})),
    path(f"{OF_PARTNER}/statements/<int:statement_id>/issue", StatementViewSet.as_view({"post": "issue"})),
    path("admin/payouts", PayoutViewSet.as_view({"get": "list", "post": "create"})),
    path(PAYOUT, PayoutViewSet.as_view({"get": "retrieve"})),
    path(f"{PAYOUT}/issue", PayoutViewSet.as_view({"post": "issue"})),
    path(f"{PAYOUT}/mark-paid", PayoutViewSet.as_view({"post": "mark_paid"})),
    path(f"{PAYOUT}/mark-failed", PayoutViewSet.as_view({"post": "mark_failed"})),
    path(f"{PAYOUT}/retry", PayoutViewSet.as_view({"post": "retry"})),
    path("admin/payout-runs", PayoutRunViewSet.as_view({"get": "list", "post": "create"})),
    path(RUN, PayoutRunViewSet.as_view({"get": "retrieve"})),
    path(f"{RUN}/download", PayoutRunViewSet.as_view({"get": "download"})),
    path(f"{RUN}/cancel", PayoutRunViewSet.as_view({"post": "cancel"})),
    path(f"{RUN}/mark-paid", PayoutRunViewSet.as_view({"post": "mark_paid"})),
]
