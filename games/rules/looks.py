"""How a game looks: its theme, colors and pictures, in `Game.branding`."""

THEME = "theme"
PICTURES = ("logo", "background_image")
COLORS = ("primary_color", "secondary_color", "background_color", "text_color", "button_color", "button_text_color")
