"""A first sale with the official SDK, against a running `make run`.

.venv/bin/pip install loyaltylt-sdk==3.1.0
.venv/bin/python docs/examples/first_sale.py
"""

import json
import uuid
from pathlib import Path

from loyalty_sdk import LoyaltyAPIError, LoyaltySDK

demo = json.loads(Path("var/demo.json").read_text(encoding="utf-8"))
partner = demo["partners"][0]
customer = partner["customers"][0]

sdk = LoyaltySDK(partner["api_key"], partner["api_secret"], locale="en")
# SDK 3.x chooses its host by environment; a server of one's own is assigned afterwards.
sdk.base_url = demo["base_url"]

print("Partner:", sdk.validate_credentials()["partner_name"])

order_id = f"DEMO-{uuid.uuid4()}"
sale = sdk.create_transaction(order_id=order_id, user_id=customer["id"], order_total=15.50, shop_id=partner["shops"][0])
print("Points awarded:", sale["points_awarded"], "- balance:", sale["points_balance"])

again = sdk.create_transaction(
    order_id=order_id, user_id=customer["id"], order_total=15.50, shop_id=partner["shops"][0]
)
assert again == sale, "a repeated sale is answered with the first result"

try:
    sdk.create_transaction(order_id=order_id, user_id=customer["id"], order_total=99)
except LoyaltyAPIError as error:
    print("Refused, as it should be:", error.code)

refund = sdk.create_transaction(order_id=order_id, user_id=customer["id"], transaction_type="refund")
print("Refunded:", refund["points_awarded"], "- balance:", refund["points_balance"])
