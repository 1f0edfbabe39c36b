"""The Signal protocol, version 3, as WhatsApp speaks it: keys, pairwise sessions, sender keys."""
