# host/venue/links.c: a connection that waits for its upgrade is not closed
/if (link->state == LINK_DOWN || link->state == LINK_CLOSING)/s/LINK_CLOSING/LINK_CLOSING || link->state == LINK_UPGRADING/
