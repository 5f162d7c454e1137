"""Dates and datetimes as ISO text, where day, instant and offset are certain; the other rows are refused.

Datetimes are written as the wall time of the organisation's zone with that instant's offset, ``+00:00`` rather than
``Z``: every Java reader of ``XXX`` takes both, readers of ``±HH:mm`` take only the first, and a server that ignored
the offset would still show the right time in its own zone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.errors import OptionError
from bigin_frames.frames.encoding.written_cells import Written, mask_of, without_empty, written
from bigin_frames.frames.text_bytes import equally_long, octets

_DAY_S = 86_400
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31: the years of four digits
_FIRST_SECOND, _LAST_SECOND = _FIRST_DAY * _DAY_S, (_LAST_DAY + 1) * _DAY_S - 1
_CALENDAR = -62_091, 84_006  # 1800-01-01 and 2200-01-01: the days that are looked up rather than written
_DATE_SIGNS = len("yyyy-MM-dd")
_STAMP = np.dtype([("date", "V10"), ("T", "V1"), ("clock", "V8"), ("offset", "V6")])
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
_OFFSET = r"(?P<offset>Z|(?P<sign>[+-])(?P<hours>0[0-9]|1[0-4])(?::?(?P<minutes>[0-5][0-9]))?)?"

_NO_DAY = "text that is not a real day as yyyy-MM-dd: parse it with pd.to_datetime(..., format=...)"
_NO_TIME = (
    "text that is not a real date and time as yyyy-MM-dd HH:mm:ss, with or without an offset such as +03:00: "
    "parse it with pd.to_datetime(..., format=...)"
)
_TIMED = "a time of day in a date field: drop it with .dt.normalize(), or map the column to a datetime field"
_SKIPPED = (
    "a wall time that {zone} skips when its clocks go forward: correct it, "
    "or choose the instant with .dt.tz_localize('{zone}', nonexistent='shift_forward')"
)
_TWICE = (
    "a wall time that {zone} has twice when its clocks go back: "
    "choose one with .dt.tz_localize('{zone}', ambiguous=...)"
)
_YEARS = "a year outside 1 to 9999: correct it, or leave the cell empty"


def check_zone(zone: str) -> None:
    """Raise OptionError unless ``zone`` is a time zone that Arrow knows."""
    try:
        known = bool(zone) and pc.local_timestamp(pa.array([0], pa.timestamp("s", zone))).is_valid()
    except pa.ArrowInvalid:
        known = False
    if not known:
        raise OptionError(
            f"zone={zone!r} is not a time zone that this machine knows; use an IANA name such as 'Africa/Nairobi'.",
            option="zone",
        )


def days(values: pa.Array) -> Written:
    """Write dates (date32)."""
    return _days(_filled(values.cast(pa.int32())), mask_of(values.is_valid()))


def midnights(values: pa.Array) -> Written:
    """Write naive datetimes at midnight as dates; a time of day is refused, because a date field would lose it."""
    count, rest = _parted(_filled(values.cast(pa.int64())), _DAY_S * _PER_SECOND[values.type.unit])
    return _days(count, mask_of(values.is_valid()), (rest != 0, _TIMED))


def day_texts(values: pa.Array) -> Written:
    """Write text that is a real day as ``yyyy-MM-dd``."""
    values = without_empty(values)
    match = pc.extract_regex(values, f"^{_DATE}$")
    wrong = ~_day(match)[1] & mask_of(values.is_valid())
    return written(values, (wrong, _NO_DAY))


def _days(count: np.ndarray, present: np.ndarray, *refused: tuple[np.ndarray, str]) -> Written:
    outside = (count < _FIRST_DAY) | (count > _LAST_DAY)
    dates = _dates(np.where(outside, 0, count)[present])
    return written(equally_long(dates.view(np.uint8).reshape(-1, _DATE_SIGNS), present), *refused, (outside, _YEARS))


def _dates(days: np.ndarray) -> np.ndarray:
    """Return ``yyyy-MM-dd`` of each day as ten bytes: looking them up takes a tenth of the time of writing them."""
    place = days - _CALENDAR[0]
    if not len(days) or (place.min() >= 0 and place.max() < len(_calendar())):
        return _calendar().take(place)
    which, different = pd.factorize(days)
    return _iso_days(different)[which]


@cache
def _calendar() -> np.ndarray:
    """Return each day of four centuries, 1.5 MB, as ten bytes."""
    return _iso_days(np.arange(*_CALENDAR))


def _iso_days(days: np.ndarray) -> np.ndarray:
    texts = pa.array(days.astype(np.int32)).cast(pa.date32()).cast(pa.large_string())
    return octets(texts)[0].view(f"V{_DATE_SIGNS}")


def _parted(count: np.ndarray, unit: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whole units and the rest, floored; numpy's own divmod takes twice as long."""
    whole = count // unit
    return whole, count - whole * unit


def instants(values: pa.Array, zone: str) -> Written:
    """Write instants (timestamps of UTC without a zone) as wall times of ``zone``, fractions floored."""
    return _stamped(_seconds(values), mask_of(values.is_valid()), zone)


def wall_times(values: pa.Array, zone: str) -> Written:
    """Write naive datetimes as wall times of ``zone``; those that its clocks skip or show twice are refused."""
    return _placed(_seconds(values), mask_of(values.is_valid()), zone)


def datetime_texts(values: pa.Array, zone: str) -> Written:
    """Write ISO text: date, ``T`` or space, time; an offset is kept, without one it is a wall time of ``zone``."""
    values = without_empty(values)
    match = pc.extract_regex(values, f"^{_DATE}[T ]{_TIME}{_OFFSET}$")
    day, real = _day(match)
    hour, minute, second = (_number(match, name) for name in ("hour", "minute", "second"))
    real &= (hour <= 23) & (minute <= 59) & (second <= 59)
    wall = day * _DAY_S + hour * 3600 + minute * 60 + second
    own = mask_of(pc.not_equal(match.field("offset"), ""))
    placed = _placed(wall, real & ~own, zone)
    text = pc.coalesce(placed.text, _stamp(wall, _offset_s(match), real & own))
    wrong = ~real & mask_of(values.is_valid())
    return written(text, *placed.refused, (wrong, _NO_TIME))


def _placed(wall: np.ndarray, present: np.ndarray, zone: str) -> Written:
    outside = _outside(wall)
    naive = pa.array(wall, mask=~present | outside).cast(pa.timestamp("s"))
    first, last = (_assume(naive, zone, which) for which in ("earliest", "latest"))
    unclear = first != last
    skipped = unclear & (_local(last, zone) != wall)
    stamped = _stamped(first, present & ~outside & ~unclear, zone)
    return written(
        stamped.text,
        *stamped.refused,
        (present & outside, _YEARS),
        (present & skipped, _SKIPPED.format(zone=zone)),
        (present & unclear, _TWICE.format(zone=zone)),
    )


def _stamped(instant: np.ndarray, present: np.ndarray, zone: str) -> Written:
    sane = np.clip(instant, _FIRST_SECOND, _LAST_SECOND)
    offset = _local(sane, zone) - sane
    if offset.any():
        offset[offset % 60 != 0] = 0  # local mean time has seconds, which +HH:mm cannot express; UTC has none
    wall = instant + offset
    outside = _outside(wall)
    wall[outside] = 0
    return written(_stamp(wall, offset, present), (present & outside, _YEARS))


def _stamp(wall: np.ndarray, offset_s: np.ndarray, present: np.ndarray) -> pa.Array:
    """Return ``yyyy-MM-ddTHH:mm:ss±HH:mm``; far faster than strftime, which also writes fractions.

    Years have four digits here, so all texts have one length and are written as one table of characters.
    """
    days, seconds = _parted(wall[present], _DAY_S)
    signs = np.empty(len(days), _STAMP)
    signs["date"], signs["T"], signs["clock"] = _dates(days), b"T", _clock().take(seconds)
    signs["offset"] = _offset_names(offset_s[present])
    return equally_long(signs.view(np.uint8).reshape(-1, _STAMP.itemsize), present)


@cache
def _clock() -> np.ndarray:
    """Return ``HH:mm:ss`` of each second of a day as eight bytes: a look-up takes a tenth of the time of writing."""
    day = pa.array(np.arange(_DAY_S)).cast(pa.timestamp("s")).cast(pa.large_string())
    return np.ascontiguousarray(octets(day)[0].reshape(_DAY_S, -1)[:, -len("HH:mm:ss") :]).view("V8").ravel()


def _offset_names(offset_s: np.ndarray) -> np.ndarray:
    if not offset_s.any():  # UTC
        return np.array(_offset_name(0), "V6")
    which, offsets = pd.factorize(offset_s)
    return np.array([_offset_name(offset) for offset in offsets.tolist()], "V6")[which]


def _offset_name(offset_s: int) -> bytes:
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{'-' if offset_s < 0 else '+'}{hours:02}:{minutes:02}".encode()


def _assume(naive: pa.Array, zone: str, which: str) -> np.ndarray:
    zoned = pc.assume_timezone(naive, zone, ambiguous=which, nonexistent=which)
    return _filled(zoned.cast(pa.int64()))


def _local(instant: np.ndarray, zone: str) -> np.ndarray:
    if zone == "UTC":
        return instant
    return _filled(pc.local_timestamp(pa.array(instant).cast(pa.timestamp("s", zone))).cast(pa.int64()))


def _seconds(values: pa.Array) -> np.ndarray:
    # Floor division, not a cast: the cast rounds 23:59:59.5 of 1969 up into 1970.
    return _filled(values.cast(pa.int64())) // _PER_SECOND[values.type.unit]


def _outside(seconds: np.ndarray) -> np.ndarray:
    return (seconds < _FIRST_SECOND) | (seconds > _LAST_SECOND)


def _day(match: pa.StructArray) -> tuple[np.ndarray, np.ndarray]:
    """Return matched dates as days since 1970 (int64), and whether there is such a day."""
    year, month, day = (_number(match, name) for name in ("year", "month", "day"))
    plausible = mask_of(match.is_valid()) & (year >= 1) & (month >= 1) & (month <= 12)
    months = np.where(plausible, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, following = months.astype("datetime64[D]"), (months + np.timedelta64(1, "M")).astype("datetime64[D]")
    real = plausible & (day >= 1) & (day <= (following - first).astype(np.int64))
    return first.astype(np.int64) + day - 1, real


def _offset_s(match: pa.StructArray) -> np.ndarray:
    size = _number(match, "hours") * 3600 + _number(match, "minutes") * 60
    return np.asarray(np.where(mask_of(pc.equal(match.field("sign"), "-")), -size, size))


def _number(match: pa.StructArray, group: str) -> np.ndarray:
    digits = match.field(group)
    return _filled(pc.if_else(pc.equal(digits, ""), "0", digits).cast(pa.int64()))


def _filled(values: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(values, 0).to_numpy(zero_copy_only=False))
