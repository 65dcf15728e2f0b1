"""The wire: carries sound and picture where a plan says. Knows no court; imports no sibling."""
