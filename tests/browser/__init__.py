"""Journeys in real browsers, with fake devices that speak with real voices."""
