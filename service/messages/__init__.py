"""Messages to people: an inbox, e-mail and chat; webhooks to machines; links that somebody may follow once."""
