"""Who may act for whom: clients, consents, codes, tokens, keys. No request is ever seen here."""
