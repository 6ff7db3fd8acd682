"""One file per grant type; the rule belongs to the noun in models/oauth, the grant only translates."""
