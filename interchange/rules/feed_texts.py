"""Why a feed, or an item of one, was not taken: texts for the codes that are stored."""

from django.utils.translation import gettext_lazy as _

ITEM_REASONS = {
    "required": _("This field is required."),
    "too_long": _("The text is too long."),
    "link": _("This is no address of the web."),
    "money": _("This is no amount."),
    "count": _("This is no whole number."),
    "currency": _("Write the currency as three letters, such as EUR."),
    "availability": _("Unknown availability. Known are in_stock, out_of_stock and limited_stock."),
    "moment": _("This is no day or instant."),
    "offer_type": _("Unknown kind of offer."),
    "discount_type": _("Unknown kind of discount."),
    "offer": _("This does not fit the kind of the offer."),
    "category": _("There is no category with this number."),
    "categories": _("The feed names too many new categories."),
    "category_name": _("The name of the category is too long."),
    "twice": _("The feed has this number twice; the first one counts."),
}
FEED_REASONS = {
    # the XML itself
    "not_xml": _("it is not well-formed XML."),
    "document_type": _("document types and entities are not allowed."),
    "too_deep": _("it is nested too deeply."),
    "too_many_items": _("it has more than 100,000 items."),
    "item_too_large": _("an item has too many fields."),
    "text_too_long": _("a text is too long."),
    "too_heavy": _("reading it takes too much memory or time."),
    "nothing": _("no products or offers were found in it."),
    # getting it
    "address": _("the address cannot be read."),
    "scheme": _("the address must begin with http:// or https://."),
    "user": _("the address must not contain a user name."),
    "host": _("write the host as a full name; other alphabets in punycode (xn--…)."),
    "port": _("only the ports 80 and 443 are allowed."),
    "not_public": _("the address does not belong to the public internet."),
    "unknown_host": _("the host is not known."),
    "unreachable": _("the host cannot be reached."),
    "certificate": _("the certificate of the host is not valid."),
    "redirect": _("the address leads elsewhere: give the final one."),
    "status": _("the host did not answer with a file."),
    "too_slow": _("the host was too slow."),
    "encoding": _("the file is packed in a way that cannot be read."),
    "broken": _("the connection broke off."),
    "too_large": _("it is too large."),
    # ourselves
    "interrupted": _("the import was interrupted; start it again."),
}
