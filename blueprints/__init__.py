"""How the world asks: parse, call one model verb, render. No rules."""
