"""The ledger: event log, cases, migrations. Never updates or deletes an event."""
