"""Fakes of the ports; each passes its port's contract suite."""
