"""How a line is watched, as a manager sets it."""

from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from concierge.web.forms import Form

_A_NUMBER = "Write a number."


class WatchForm(Form):
    """How closely a line that says it works is watched."""

    silent_after_minutes = IntegerField(
        "Minutes without any event until it is said",
        description="For busy hotels: nights are quiet. 0 never says it.",
        validators=[InputRequired(_A_NUMBER), NumberRange(0, 10080, "From 0 to 10080, which is a week.")],
    )
    heartbeat_minutes = IntegerField(
        "Minutes between two test messages",
        description="A short message to the hotel's own number, which has to come back in two minutes. 0 sends none.",
        validators=[InputRequired(_A_NUMBER), NumberRange(0, 1440, "From 0 to 1440, which is a day.")],
    )
