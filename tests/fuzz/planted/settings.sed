# host/run/credential.c: what is not of the form is shown
s/"credential %s: %s: expected two lines, key: ... and secret: ...", name,/"credential %s: %s: expected two lines, not %s", name, text,/
