# host/net/ws.c: a close code that must not be sent passes
/return (code >= 1000 \&\& code <= 1003)/s/code <= 1003/code <= 1004/
