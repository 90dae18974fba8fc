"""A pretend shop and the people who walk through it: the simulator and the demo site's small server.

May touch: HTTP, like a browser (the shop's pages) or like a site's own server (events sent with the secret key).
Must never: reach into the ledger, the catalogue or any other room; what it shows came in through the public way in.
"""
