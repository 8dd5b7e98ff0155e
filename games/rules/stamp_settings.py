"""The settings of a stamp card as the wire spells them (contract 3.6), and where the model keeps each."""

LAYOUTS = ("grid", "row", "circle")
ICON, IMAGE, EMOJI = "icon", "image", "emoji"
ICON_TYPES = (ICON, IMAGE, EMOJI)
DEFAULT_STAMPS = 10
MOST_STAMPS = 100

# The wire's word → the column of the game.
COLUMNS = {
    "stamps_required": "stamps_required",
    "reset_on_complete": "reset_on_complete",
    "overflow": "overflow",
    "auto_stamp": "auto_stamp",
    "expiration_days": "stamp_expiration_days",
    "reward_type": "reward_type",
    "product_name": "reward_product_name",
    "discount_amount": "reward_value",
    "points_amount": "reward_points",
}
TEXTS = ("item_name_singular", "item_name_plural", "punch_text", "reward_text")
# What `Game.stamp_design` holds. `stamp_image` is the file of an uploaded picture; the wire shows its address.
DESIGN = ("layout", "rows", "columns", "background_color", "text_color", *TEXTS, "stamp_icon", "stamp_icon_type")
UPLOADED = "stamp_image"
