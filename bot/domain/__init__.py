"""What Sokuho knows and decides: no I/O, no clock, no platform."""
