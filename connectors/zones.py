"""Time zones as tools name them: IANA names, cities, and the names of the Rails framework that are neither."""
from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

REGIONS = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")   # of a city with one name in two of them, the first
NAMED = {
    "International Date Line West": "Etc/GMT+12", "Midway Island": "Pacific/Midway", "American Samoa": "Pacific/Pago_Pago", "Hawaii": "Pacific/Honolulu",
    "Alaska": "America/Juneau", "Pacific Time (US & Canada)": "America/Los_Angeles", "Mountain Time (US & Canada)": "America/Denver", "Arizona": "America/Phoenix",
    "Central Time (US & Canada)": "America/Chicago", "Saskatchewan": "America/Regina", "Guadalajara": "America/Mexico_City", "Central America": "America/Guatemala",
    "Eastern Time (US & Canada)": "America/New_York", "Indiana (East)": "America/Indiana/Indianapolis", "Quito": "America/Lima", "Atlantic Time (Canada)": "America/Halifax",
    "Newfoundland": "America/St_Johns", "Brasilia": "America/Sao_Paulo", "Buenos Aires": "America/Argentina/Buenos_Aires", "Georgetown": "America/Guyana",
    "Greenland": "America/Nuuk", "Mid-Atlantic": "Atlantic/South_Georgia", "Cape Verde Is.": "Atlantic/Cape_Verde", "Edinburgh": "Europe/London", "Bern": "Europe/Zurich",
    "West Central Africa": "Africa/Algiers", "Pretoria": "Africa/Johannesburg", "St. Petersburg": "Europe/Moscow", "Abu Dhabi": "Asia/Muscat",
    "Ekaterinburg": "Asia/Yekaterinburg", "Islamabad": "Asia/Karachi", "Chennai": "Asia/Kolkata", "Mumbai": "Asia/Kolkata", "New Delhi": "Asia/Kolkata",
    "Sri Jayawardenepura": "Asia/Colombo", "Astana": "Asia/Almaty", "Hanoi": "Asia/Bangkok", "Beijing": "Asia/Shanghai", "Osaka": "Asia/Tokyo", "Sapporo": "Asia/Tokyo",
    "Solomon Is.": "Pacific/Guadalcanal", "New Caledonia": "Pacific/Noumea", "Marshall Is.": "Pacific/Majuro", "Wellington": "Pacific/Auckland",
    "Nuku'alofa": "Pacific/Tongatapu", "Tokelau Is.": "Pacific/Fakaofo", "Chatham Is.": "Pacific/Chatham", "Samoa": "Pacific/Apia", "Ulaan Bataar": "Asia/Ulaanbaatar",
    "Kyev": "Europe/Kyiv",
}


@cache
def _cities() -> dict[str, str]:
    found: dict[str, str] = {}
    for region in reversed(REGIONS):
        found |= {zone.partition("/")[2].replace("_", " "): zone for zone in sorted(available_timezones()) if zone.startswith(region + "/")}
    return found


def iana(name: str) -> str | None:
    """The IANA zone that is meant, None where it is not known: it is never guessed from an offset."""
    name = name.strip()
    return name if name in available_timezones() else NAMED.get(name) or _cities().get(name)
