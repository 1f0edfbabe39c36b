"""The sandbox: an emulated WhatsApp network, with phones and people in it."""
