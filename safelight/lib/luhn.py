"""Luhn: the check digit of an IHI, an IMEI and many other numbers (ISO/IEC 7812)."""


def luhn_sum(digits: str) -> int:
    """Return the sum that a right number makes a multiple of ten.

    From the right, every second digit counts double.
    """
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)
