"""Sentences that Django, REST framework and Unfold show without knowing them in Lithuanian.

Nothing imports this module: `make messages` reads it, so that loyalty/locale gets an entry for each of them. An
entry of ours comes before a library's own, therefore a few poor translations of theirs stand here too.
"""
# ruff: noqa: RUF001 - the libraries' apostrophes must be kept to be found

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

REST_FRAMEWORK = (
    _("A valid integer is required."),
    _("A valid number is required."),
    _("Must be a valid boolean."),
    _("Not a valid string."),
    _("Must be a valid UUID."),
    _("Integer value too large to convert to float"),
    _("Date has wrong format. Use one of these formats instead: {format}."),
    _("Datetime has wrong format. Use one of these formats instead: {format}."),
    _("Time has wrong format. Use one of these formats instead: {format}."),
    _("Expected a date but got a datetime."),
    _("Expected a datetime but got a date."),
    _('Invalid datetime for the timezone "{timezone}".'),
    _("Datetime value out of range."),
    _("String value too large."),
    _("This field may not be null."),
    _('Expected a list of items but got type "{input_type}".'),
    _("This list may not be empty."),
    _("Ensure this field has at least {min_length} elements."),
    _("Ensure this field has no more than {max_length} elements."),
    _('Expected a dictionary of items but got type "{input_type}".'),
    _("This dictionary may not be empty."),
    _("Value must be valid JSON."),
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _("Invalid value."),
    _("This field must be unique."),
    _("The fields {field_names} must make a unique set."),
    _("Surrogate characters are not allowed: U+{code_point:X}."),
)

DJANGO_FORMS = (
    _("Enter a valid domain name."),
    _("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    _("Enter a valid %(protocol)s address."),
    _("IPv4 or IPv6"),
    _("Enter a valid JSON."),
    _("“%(pk)s” is not a valid value."),
    _("“%(value)s” is not a valid UUID."),
    _("%(model)s instance with %(field)s %(value)r is not a valid choice."),
    _("Constraint “%(name)s” is violated."),
    _(
        "%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; "
        "it may be ambiguous or it may not exist."
    ),
    _("The two password fields didn’t match."),
    _("Your password can’t be too similar to your other personal information."),
    _("Your password can’t be a commonly used password."),
    _("Your password can’t be entirely numeric."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)

DJANGO_USERS = (
    _("superuser status"),
    _("Designates that this user has all permissions without explicitly assigning them."),
    _("The groups this user belongs to. A user will get all permissions granted to each of their groups."),
    _("user permissions"),
    _("Specific permissions for this user."),
    _(
        "You are authenticated as %(username)s, but are not authorized to access this page. "
        "Would you like to login to a different account?"
    ),
    _("Forgotten your password or username?"),
)

DJANGO_ADMIN = (
    _("Empty"),
    _("Not empty"),
    _("Added “%(object)s”."),
    _("Changed “%(object)s” — %(changes)s"),
    _("Deleted “%(object)s.”"),
    _("Added {name} “{object}”."),
    _("Changed {fields} for {name} “{object}”."),
    _("Deleted {name} “{object}”."),
    _("Hold down “Control”, or “Command” on a Mac, to select more than one."),
    _("%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?"),
    _("Select this object for an action - {}"),
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
    _(
        "There’s been an error. It’s been reported to the site administrators via email "
        "and should be fixed shortly. Thanks for your patience."
    ),
    _("We’re sorry, but the requested page could not be found."),
    _("Error:"),
    _("Model name"),
    _("Add link"),
    _("Change or view list link"),
    _("Toggle navigation"),
    _("Sidebar"),
    _("Start typing to filter…"),
    _("Skip to main content"),
    _("Breadcrumbs"),
    _("Add %s"),
    _("Add %(name)s"),
    _("Add another %(model)s"),
    _("Add another %(verbose_name)s"),
    _("Change %s"),
    _("Change selected %(model)s"),
    _("Cannot delete %(name)s"),
    _("Delete selected %(model)s"),
    _("Delete selected %(verbose_name_plural)s"),
    _("Select %s"),
    _("Select %s to change"),
    _("Select %s to view"),
    _("Select all %(total_count)s %(module_name)s"),
    _("View %s"),
    _(
        'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? '
        "All of the following related items will be deleted:"
    ),
    ngettext_lazy("%(count)s %(name)s was changed successfully.", "%(count)s %(name)s were changed successfully."),
    ngettext_lazy("%(counter)s result", "%(counter)s results"),
    ngettext_lazy("entry", "entries"),
    ngettext_lazy("Please correct the error below.", "Please correct the errors below."),
)

UNFOLD_LISTS = (
    _("Select record"),
    _("Select action"),
    _("Select action to run"),
    _("Select value"),
    _("Select all rows"),
    _("Select all objects on this page for an action"),
    _("Run"),
    _("Expand row"),
    _("Type to search"),
    _("Filters"),
    _("Apply Filters"),
    _("Reset filters"),
    _("Clear all filters"),
    _("Hide counts"),
    _("Show counts"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("No data"),
    _("Not enough data."),
    _("Value"),
    _("From"),
    _("To"),
    _("Date from"),
    _("Date to"),
    _("Date"),
    _("Previous"),
    _("Next"),
    _("True"),
    _("False"),
    _("More actions"),
)

UNFOLD_PAGES = (
    _("Welcome"),
    _("Welcome back to"),
    _("Return to site"),
    _("Go back"),
    _("Cancel"),
    _("Submit"),
    _("General"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Search apps and models..."),
    _("Filter navigation items"),
    _("All applications"),
    _("No results matching your query"),
    _("Loading more results..."),
    _("Recent searches"),
    _("No recent searches"),
    _("Record picture"),
    _("Image preview"),
    _("Click to download"),
    _("Choose file to upload"),
    _("Add new item"),
    _("This item will be deleted."),
    _("Click to cancel"),
    _("View selected %(model)s"),
    _("Toggle password visibility"),
    _("Yes, I’m sure"),
    _("You don’t have permission to view or edit anything."),
    _("This object doesn’t have a change history. It probably wasn’t added via this admin site."),
    _("You have been successfully logged out from the administration"),
    _("Thanks for spending some quality time with the web site today."),
    _(
        "Please enter your old password, for security’s sake, "
        "and then enter your new password twice so we can verify you typed it in correctly."
    ),
    _("After you've created a user, you’ll be able to edit more user options."),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
    ),
)
