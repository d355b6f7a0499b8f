"""What the demo hotel's staff say every day, in both languages."""

from concierge import canned_replies
from concierge.canned_replies import Wording
from concierge.models import Hotel

_REPLIES = {
    "breakfast": {
        "id": Wording("Sarapan", "Sarapan tersedia pukul 06.30–10.00 di lantai dasar. Selamat menikmati, {name}!"),
        "en": Wording("Breakfast", "Breakfast is from 06:30 to 10:00 on the ground floor. Enjoy, {name}!"),
    },
    "wifi": {
        "id": Wording("Wi-Fi", "Wi-Fi: Melati-Guest, kata sandi: melati2026. Sinyal lemah di kamar? Kabari kami."),
        "en": Wording("Wi-Fi", "Wi-Fi: Melati-Guest, password: melati2026. Weak in your room? Tell us."),
    },
    "towels": {
        "id": Wording("Handuk diantar", "Baik, {name}. Handuk segera kami antar ke kamar {room}."),
        "en": Wording("Towels on the way", "Certainly, {name}. The towels are on their way to room {room}."),
    },
    "repair": {
        "id": Wording("Teknisi datang", "Mohon maaf atas gangguannya. Teknisi segera menuju kamar {room}."),
        "en": Wording("Technician on the way", "We are sorry about that. A technician is on the way to room {room}."),
    },
    "checkout": {
        "id": Wording("Jam check-out", "Check-out paling lambat pukul 12.00. Perlu lebih lama? Kami bantu periksa."),
        "en": Wording("Check-out time", "Check-out is until 12:00. Would you like to stay longer? We will see."),
    },
    "thanks": {
        "id": Wording("Terima kasih kembali", "Sama-sama, {name}. Terima kasih telah menginap di {hotel}."),
        "en": Wording("You are welcome", "You are welcome, {name}. Thank you for staying at {hotel}."),
    },
}


def seed(hotel: Hotel) -> None:
    """Keep all of them."""
    for shortcut, wordings in _REPLIES.items():
        canned_replies.keep(hotel, shortcut, wordings)
